// How do other libraries split money, and do we agree with them?
//
// Cases of the test suites of
// - go-money: Rhymond/go-money, money_test.go (TestMoney_Allocate, TestMoney_Split)
// - ruby-money: RubyMoney/money, spec/money/allocation_spec.rb
// - moneyphp: moneyphp/money, tests/MoneyTest.php (allocation)
// - brick: brick/money, tests/MoneyTest.php (AllocationMode)
// - dinero: dinerojs/dinero.js, packages/core/src/calculator/helpers/__tests__/distribute.test.ts
// as far as they follow one of our rules: no negative amounts, ratios as whole numbers (0.1, 0.2, 0.1 is 1, 2, 1).
// Left out because those libraries do something else: go-money gives left-over units to parties of ratio 0, brick's
// FloorToLargestRatio gives one unit each where more than one is left over.

enum AllocationVectors {
  typealias Row = (name: String, amount: Int64, weights: [Int64], shares: [Int64])

  /// One unit each to the largest remainders, ties to the earlier party.
  static let largest: [Row] = [
    ("go-money allocate 1", 100, [50, 50], [50, 50]),
    ("go-money allocate 2", 100, [30, 30, 30], [34, 33, 33]),
    ("go-money allocate 3", 200, [25, 25, 50], [50, 50, 100]),
    ("go-money allocate 4", 5, [50, 25, 25], [3, 1, 1]),
    ("go-money allocate 6", 0, [50, 10], [0, 0]),
    ("go-money split 1", 100, [1, 1, 1], [34, 33, 33]),
    ("go-money split 2", 100, [1, 1, 1, 1], [25, 25, 25, 25]),
    ("go-money split 3", 5, [1, 1, 1], [2, 2, 1]),
    ("ruby-money generate 1", 100, [1], [100]),
    ("ruby-money generate 2", 100, [1, 1], [50, 50]),
    ("ruby-money generate 3", 100, [1, 1, 1, 1], [25, 25, 25, 25]),
    ("ruby-money generate 4", 100, [1, 1, 1, 1, 1], [20, 20, 20, 20, 20]),
    ("ruby-money generate 5", 5, [1, 1], [3, 2]),
    ("ruby-money generate 6", 2, [1, 1, 1], [1, 1, 0]),
    ("ruby-money generate 7", 100, [1, 1, 1], [34, 33, 33]),
    ("ruby-money generate 8", 100, [1, 1, 1, 1, 1, 1], [17, 17, 17, 17, 16, 16]),
    ("ruby-money generate 9", 100, [5], [100]),
    ("ruby-money generate 10", 100, [1, 1, 2], [25, 25, 50]),
    ("ruby-money generate 11", 100, [7, 3], [70, 30]),
    ("ruby-money generate 12", 100, [1, 1, 2], [25, 25, 50]),
    ("ruby-money generate 13", 100, [7, 3], [70, 30]),
    ("ruby-money generate 14", 10, [1, 2, 1], [3, 5, 2]),
    ("ruby-money generate 15", 10, [1, 1, 2], [3, 2, 5]),
    ("moneyphp largest remainder 1", 100, [1, 1, 1], [34, 33, 33]),
    ("moneyphp largest remainder 2", 101, [1, 1, 1], [34, 34, 33]),
    ("moneyphp largest remainder 3", 5, [3, 7], [2, 3]),
    ("moneyphp largest remainder 4", 5, [7, 3], [4, 1]),
    ("moneyphp largest remainder 12", 2, [1, 1, 1], [1, 1, 0]),
    ("moneyphp largest remainder 13", 1, [1, 1], [1, 0]),
    ("moneyphp largest remainder 14", 1, [33, 66], [0, 1]),
    ("moneyphp largest remainder 15", 101, [3, 7], [30, 71]),
    ("moneyphp largest remainder 16", 101, [7, 3], [71, 30]),
    ("moneyphp largest remainder 17", 15, [1, 1], [8, 7]),
    ("moneyphp largest remainder 18", 10, [1, 1], [5, 5]),
    ("moneyphp largest remainder 19", 15, [1, 1, 1], [5, 5, 5]),
    ("moneyphp largest remainder 20", 10, [1, 1, 1], [4, 3, 3]),
    ("brick FloorToLargestRemainder 1", 100, [2, 3, 1], [33, 50, 17]),
    ("brick FloorToLargestRemainder 2", 9_999, [100, 100], [5000, 4999]),
    ("brick FloorToLargestRemainder 3", 10000, [30, 20, 40], [3333, 2222, 4445]),
    ("brick FloorToLargestRemainder 4", 10000, [30, 20, 40, 40], [2308, 1538, 3077, 3077]),
    ("brick FloorToLargestRemainder 6", 2, [1, 1, 1, 1], [1, 1, 0, 0]),
    ("brick FloorToLargestRemainder 7", 2, [1, 1, 3, 1], [1, 0, 1, 0]),
    ("brick FloorToLargestRemainder 9", 3, [75, 25], [2, 1]),
    ("brick FloorToLargestRemainder 10", 10000, [1, 2], [3333, 6667]),
    ("brick FloorToLargestRemainder 11", 10000, [7, 6], [5385, 4615]),
    ("brick FloorToLargestRemainder 12", 10000, [6, 7], [4615, 5385]),
    ("dinero distribute 1", 1003, [50, 50], [502, 501]),
    ("dinero distribute 2", 100, [1, 3], [25, 75]),
  ]

  /// All left-over units to the largest party.
  static let first: [Row] = [
    ("brick FloorToLargestRatio 1", 100, [2, 3, 1], [33, 51, 16]),
    ("brick FloorToLargestRatio 2", 9_999, [100, 100], [5000, 4999]),
    ("brick FloorToLargestRatio 3", 10000, [30, 20, 40], [3333, 2222, 4445]),
    ("brick FloorToLargestRatio 4", 5, [3, 3, 4], [1, 1, 3]),
  ]

  /// Nobody gets left-over units: they stand behind the shares.
  static let house: [Row] = [
    ("brick FloorSeparate 1", 100, [2, 3, 1], [33, 50, 16, 1]),
    ("brick FloorSeparate 2", 9_999, [100], [9999, 0]),
    ("brick FloorSeparate 3", 9_999, [100, 100], [4999, 4999, 1]),
    ("brick FloorSeparate 4", 10000, [30, 20, 40], [3333, 2222, 4444, 1]),
    ("brick FloorSeparate 5", 3, [75, 25], [2, 0, 1]),
    ("brick FloorSeparate 7", 10000, [7, 6], [5384, 4615, 1]),
  ]

  /// By largest remainder, where some party has no weight and gets nothing.
  static let withZeroWeights: [Row] = [
    ("go-money allocate 7", 10, [0, 100], [0, 10]),
    ("ruby-money generate 16", 100, [1, 1, 0], [50, 50, 0]),
    ("ruby-money generate 17", 100, [0, 1, 1], [0, 50, 50]),
    ("moneyphp largest remainder 5", 5, [7, 3, 0], [4, 1, 0]),
    ("moneyphp largest remainder 7", 5, [0, 7, 3], [0, 4, 1]),
    ("moneyphp largest remainder 8", 5, [7, 0, 3], [4, 0, 1]),
    ("moneyphp largest remainder 9", 5, [0, 0, 1], [0, 0, 5]),
    ("moneyphp largest remainder 10", 5, [0, 3, 7], [0, 2, 3]),
    ("moneyphp largest remainder 11", 0, [0, 0, 1], [0, 0, 0]),
    ("brick FloorToLargestRemainder 5", 10000, [30, 20, 40, 0, 0, 40], [2308, 1538, 3077, 0, 0, 3077]),
    ("dinero distribute 3", 1003, [0, 50, 50], [0, 502, 501]),
  ]
}
