// Which night does `settle demo` write? A small one, invented, with a market of each common kind.

/// The files of the sample night.
enum DemoNight {
  static let files: [(name: String, text: String)] = [
    ("README.md", readme), ("commitments.csv", commitments), ("resolutions.csv", resolutions),
    ("settle.json", configuration),
  ]

  /// Each market is resolved once; fees that are not given come from settle.json.
  private static let resolutions = """
    market_id,resolution_id,outcome,winning_option,options,house_fee_bps,creator_fee_bps,creator_id,winner_split
    snow-in-may,snow-in-may-r1,winner,yes,,300,100,u-olga,
    village-fair-cake,village-fair-cake-r1,winner,plum,apple|cherry|plum,,,,
    rowing-final,rowing-final-r1,winner,blue|white,blue|green|white,,,,equal
    open-air-cinema,open-air-cinema-r1,void,,,,,,

    """

  /// Positions and option ids side by side; c-10 is withdrawn and counts nowhere.
  private static let commitments = """
    commitment_id,market_id,user_id,option_id,position,amount,status
    c-01,snow-in-may,u-ada,,yes,1000,
    c-02,snow-in-may,u-bo,,yes,450,
    c-03,snow-in-may,u-cy,,no,800,
    c-04,snow-in-may,u-ada,,no,150,
    c-05,village-fair-cake,u-ada,apple,,300,
    c-06,village-fair-cake,u-bo,plum,,200,
    c-07,village-fair-cake,u-cy,plum,,125,
    c-08,village-fair-cake,u-dee,cherry,,410,
    c-09,village-fair-cake,u-bo,cherry,,65,
    c-10,village-fair-cake,u-dee,plum,,999,withdrawn
    c-11,rowing-final,u-ada,blue,,400,
    c-12,rowing-final,u-bo,white,,100,
    c-13,rowing-final,u-cy,green,,350,
    c-14,rowing-final,u-dee,blue,,250,
    c-15,open-air-cinema,u-cy,,yes,120,
    c-16,open-air-cinema,u-dee,,no,75,

    """

  private static let configuration = """
    {
      "house_fee_bps": 200
    }

    """

  private static let readme = """
    # A sample night

    Four markets and sixteen commitments, all invented. Amounts are whole minor units.

    | market | what it shows |
    |---|---|
    | `snow-in-may` | `yes` and `no` positions, its own house fee (3 %) and a creator fee (1 %) |
    | `village-fair-cake` | three options, one winner, a user on two of them, a withdrawn commitment |
    | `rowing-final` | a dead heat: two winning options share the net pool equally |
    | `open-air-cinema` | void: everybody gets the stake back, no fees |

    `settle.json` holds the defaults: 2 % house fee where the resolution names none.

    ## Settle it

    ```sh
    settle plan                        # what would happen; posts nothing
    settle run --init-ledger           # settle, post to outputs/ledger.db, publish outputs/RUN/
    settle verify                      # check files, books and arithmetic of the last run
    settle explain latest c-01         # how c-01's payout comes about
    settle run                         # again: nothing happens, the earlier run is named
    ```

    ## snow-in-may by hand

    | | | |
    |---|---|---:|
    | pool | 1000 + 450 + 800 + 150 | 2400 |
    | winning stake (`yes`) | 1000 + 450 | 1450 |
    | house fee | 2400 × 300 / 10000 | 72 |
    | creator fee | 2400 × 100 / 10000 | 24 |
    | net pool | 2400 − 72 − 24 | 2304 |
    | c-01 | ⌊1000 × 2304 / 1450⌋ = 1588, remainder 1400, so one left-over unit | 1589 |
    | c-02 | ⌊450 × 2304 / 1450⌋ = 715, remainder 50 | 715 |

    Sum check: 1589 + 715 + 72 + 24 = 2400.

    ## Break it

    Change an amount to `12.5` and run `settle check`: the row is named with its file, line, code and field.

    """
}
