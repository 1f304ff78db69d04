// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: language mode 6, warnings are errors, each use of unsafe memory is marked.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // In release: inline across rooms, and leave out the run-time checks for overlapping access, which cost a third of
  // the time in the hot loops. The tests run with them on.
  .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A room of the house: one question, and the rooms it may look into.
func room(_ name: String, sees dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a room; they share the helpers in TestSupport.
func tests(of name: String, sees dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies, exclude: exclude,
    swiftSettings: settings)
}

let package = Package(
  name: "settle",
  products: [
    .executable(name: "settle", targets: ["settle"]),
    .executable(name: "settle-rail-stripe", targets: ["settle-rail-stripe"]),
  ],
  targets: [
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CProcessor"),
    room("Money"),
    room("Markets", sees: ["Money"]),
    room("Settlement", sees: ["Money", "Markets"]),
    room("Prizes", sees: ["Money"]),
    room("Interchange", sees: ["CProcessor"]),
    room("Ledger", sees: ["Interchange", "CSQLite"]),
    room("Rails", sees: ["Money", "Interchange"]),
    room("Payouts", sees: ["Interchange", "Ledger", "Rails"]),
    room(
      "Batch", sees: ["CProcessor", "Money", "Markets", "Settlement", "Prizes", "Interchange", "Ledger", "Payouts"]),
    room("Report", sees: ["Money", "Markets", "Interchange", "Ledger", "Batch"]),
    room(
      "CommandLine",
      sees: ["Money", "Markets", "Prizes", "Interchange", "Ledger", "Rails", "Payouts", "Batch", "Report"]),
    // In release the Swift runtime is part of the program: it starts in half the time, and runs where there is no toolchain.
    .executableTarget(
      name: "settle", dependencies: ["CommandLine"], swiftSettings: settings,
      linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),
    // The one program that speaks HTTP, and so the one that uses Foundation: no strict memory safety there.
    .executableTarget(
      name: "settle-rail-stripe", dependencies: ["Rails"],
      swiftSettings: [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility"),
      ]
    ),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    tests(of: "Money"),
    tests(of: "Markets", sees: ["Money"]),
    tests(of: "Settlement", sees: ["Markets", "Money"]),
    tests(of: "Prizes", sees: ["Money"]),
    tests(of: "Interchange"),
    tests(of: "Ledger", sees: ["Interchange"], exclude: ["Fixtures"]),
    tests(of: "Rails", sees: ["Interchange", "Money"]),
    tests(of: "Payouts", sees: ["Interchange", "Ledger", "Rails"]),
    tests(of: "Batch", sees: ["Interchange", "Ledger", "Markets", "Money", "Settlement"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "TestSupport", "settle", "settle-rail-stripe", "Batch", "Interchange", "Ledger", "Payouts", "Markets",
        "CSQLite",
      ],
      exclude: ["Fixtures"], swiftSettings: settings),
  ]
)
