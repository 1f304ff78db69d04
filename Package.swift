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
func tests(of name: String, sees dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies, swiftSettings: settings)
}

let package = Package(
  name: "settle",
  products: [.executable(name: "settle", targets: ["settle"])],
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
    room("Batch", sees: ["CProcessor", "Money", "Markets", "Settlement", "Prizes", "Interchange", "Ledger"]),
    room("CommandLine", sees: ["Money", "Markets", "Prizes", "Interchange", "Ledger", "Batch"]),
    .executableTarget(name: "settle", dependencies: ["CommandLine"], swiftSettings: settings),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    tests(of: "Money"),
    tests(of: "Markets", sees: ["Money"]),
    tests(of: "Settlement", sees: ["Markets", "Money"]),
    tests(of: "Prizes", sees: ["Money"]),
    tests(of: "Interchange"),
    tests(of: "Ledger", sees: ["Interchange"]),
    tests(of: "Batch", sees: ["Interchange", "Ledger", "Markets", "Money", "Settlement"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["TestSupport", "settle", "Batch", "Interchange", "Ledger", "Markets", "CSQLite"],
      exclude: ["Fixtures"], swiftSettings: settings),
  ]
)
