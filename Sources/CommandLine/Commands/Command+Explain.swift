// settle explain
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets

extension Command {
  static let explain = Command(
    name: "explain", summary: "show the arithmetic of a run, market, user or commitment, step by step",
    operands: "RUN [ID]",
    operandCount: 1...2, options: Option.place + [.market, .user, .inputs],
    details: """
      ID is a market or a commitment of the run; --market says in which market the commitment is. --user tells all that
      one user got, in the market ID or --market, or in every market. RUN alone tells how its totals come about. Every
      figure names its file and column, and is worked out anew: exit 1 where a file has another, or where the run does
      not know what is asked for.
      Of a run of prizes, refunds or awards ID is an event or a registration (--market EVENT where it is in several);
      --user tells what the registrations of a user got, which the recorded inputs know.
      The market's policies are read from the recorded resolutions (--inputs DIR where they were moved).
      """
  ) { (call) throws(BatchError) in
    let (location, ledger) = try call.run(call.arguments.positionals[0])
    if let events = try EventExplainer(location, inputsDirectory: call.arguments[.inputs]) {
      return try call.explain(events, location)
    }
    let question = ExplainQuestion(
      id: call.arguments.positionals.dropFirst().first.map { ID($0) }, market: call.arguments[.market].map { ID($0) },
      user: call.arguments[.user].map { ID($0) })
    let explainer = try Explainer(location, ledger, inputsDirectory: call.arguments[.inputs])
    let explanations = try question.answers(explainer)
    return call.tell(explanations, location, question.text)
  }
}

extension Invocation {
  /// An event, or a registration of a run of prizes, refunds or awards.
  fileprivate func explain(_ events: EventExplainer, _ location: RunLocation) throws(BatchError) -> ExitStatus {
    let market = arguments[.market].map { ID($0) }
    let id = arguments.positionals.dropFirst().first.map { ID($0) }
    if let user = arguments[.user].map({ ID($0) }) {
      if id != nil && market != nil && id != market {
        throw BatchError("usage", .usage, "two events are named", hint: "write settle explain RUN EVENT --user USER")
      }
      let event = market ?? id
      let place = event.map { " in event \(Terminal.quoted($0.description))" } ?? ""
      return tell(
        try events.explanations(ofUser: user, inEvent: event), location,
        "payment to user \(Terminal.quoted(user.description))\(place)")
    }
    guard let subject = id ?? market else { return tell([try events.run()], location, "totals") }
    return tell(
      try events.explanations(subject, inEvent: id == nil ? nil : market), location,
      "event or registration \(Terminal.quoted(subject.description))")
  }

  fileprivate func tell(_ explanations: [Explanation], _ location: RunLocation, _ question: String) -> ExitStatus {
    guard !explanations.isEmpty else {
      let message = "run \(location.runID) has no \(question)"
      if console.isJSON {
        console.print(
          .object(["run_id": .string(location.runID), "found": .bool(false), "message": .string(message)]))
      } else {
        console.print(message)
      }
      return .found
    }
    let isConsistent = explanations.allSatisfy(\.isConsistent)
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "found": .bool(true), "ok": .bool(isConsistent),
          "explanations": .array(explanations.map(\.json)),
        ]))
    } else {
      for explanation in explanations { ExplainText.show(explanation, location, console) }
    }
    return isConsistent ? .done : .found
  }
}

/// What is asked for.
private struct ExplainQuestion {
  let id: ID?
  let market: ID?
  let user: ID?

  private static let marketMax = 20

  var text: String {
    let place = (market ?? (user == nil ? nil : id)).map { " in market \(Terminal.quoted($0.description))" } ?? ""
    if let user { return "settled commitment of user \(Terminal.quoted(user.description))\(place)" }
    if let id { return "\(market == nil ? "market or " : "")commitment \(Terminal.quoted(id.description))\(place)" }
    return "market \(Terminal.quoted(market?.description ?? ""))"
  }

  func answers(_ explainer: Explainer) throws(BatchError) -> [Explanation] {
    if let user {
      if id != nil && market != nil && id != market {
        throw BatchError("usage", .usage, "two markets are named", hint: "write settle explain RUN MARKET --user USER")
      }
      if let market = market ?? id { return try explainer.user(user, inMarket: market).map { [$0] } ?? [] }
      var answers: [Explanation] = []
      for market in try explainer.markets(ofUser: user).prefix(ExplainQuestion.marketMax) {
        if let answer = try explainer.user(user, inMarket: market) { answers.append(answer) }
      }
      return answers
    }
    guard let id else {
      guard let market else { return [try explainer.run()] }
      return try explainer.market(market).map { [$0] } ?? []
    }
    if let market { return try explainer.commitment(id, inMarket: market).map { [$0] } ?? [] }
    if let answer = try explainer.market(id) { return [answer] }
    let markets = try explainer.markets(ofCommitment: id)
    guard markets.count <= 1 else {
      let names = markets.prefix(ExplainQuestion.marketMax).map { Terminal.safe($0.description) }.joined(
        separator: ", ")
      throw BatchError(
        "ambiguous_commitment", .usage,
        "commitment \(Terminal.quoted(id.description)) stands in \(markets.count) markets: \(names)",
        hint: "say which with --market")
    }
    return try markets.first.flatMap { market throws(BatchError) in try explainer.commitment(id, inMarket: market) }.map
    { [$0] } ?? []
  }
}

/// An explanation in words.
private enum ExplainText {
  static func show(_ explanation: Explanation, _ location: RunLocation, _ console: Console) {
    let run = "run \(Terminal.safe(location.runID))"
    switch explanation.title {
    case "the run": console.heading(run)
    case "the plan": console.heading("plan of \(run)")
    default: console.heading("\(explanation.title), \(run)")
    }
    for note in explanation.notes { console.print("  note: \(note)") }
    guard let columns = console.wrapsAnswer ? Console.columns : nil else {
      // One step a line: a program, or a person with grep, reads it.
      let width = explanation.steps.map(\.step.count).max() ?? 0
      for step in explanation.steps {
        console.print("  \(step.step)\(String(repeating: " ", count: width - step.step.count))  \(step.text)")
      }
      return showMismatches(explanation, console)
    }
    console.print(TextLayout.listed(explanation.steps.map { ($0.step, $0.text) }, width: columns))
    showMismatches(explanation, console)
  }

  private static func showMismatches(_ explanation: Explanation, _ console: Console) {
    if !explanation.isConsistent {
      console.print(
        "  \(Console.counted(explanation.mismatches.count, "figure")) not as in the files: `settle verify` tells more")
    }
  }
}
