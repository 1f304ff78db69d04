// Are files written whole, listed in order and locked for one?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct FileSystemTests {
  private let workspace = Workspace()

  private func path(_ name: String) -> String { "\(workspace.path)/\(name)" }

  @Test func `a created file holds what was written, in pieces of any size`() throws {
    var generator = SeededGenerator(seed: 3)
    let bytes = (0..<700_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let file = try OutputFile(creating: path("file"))
    try file.write(Array(bytes[..<10]))
    try file.write([])
    try file.write(Array(bytes[10...]))
    try file.flush()
    try file.close()
    #expect(file.path == path("file"))
    #expect(try FileSystem.contents(of: path("file")) == bytes)
    #expect(FileSystem.size(of: path("file")) == bytes.count)
    let mode = try FileManager.default.attributesOfItem(atPath: path("file"))[.posixPermissions] as? Int
    #expect((mode ?? 0o777) & 0o137 == 0, "nothing for others, no execution: \(mode ?? -1)")
  }

  @Test func `a file is never written over`() throws {
    try FileSystem.create(path("file"), Array("first".utf8), flush: true)
    #expect(throws: FileError("create", path("file"), number: EEXIST)) {
      try FileSystem.create(path("file"), Array("second".utf8), flush: false)
    }
    #expect(workspace.text("file") == "first")
  }

  @Test func `nor is one created behind a symbolic link`() throws {
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("target"))
    #expect(throws: FileError.self) { try OutputFile(creating: path("link")) }
    #expect(!FileSystem.exists(path("target")))
  }

  @Test func `a missing file is an error that says so`() throws {
    let error = try #require(throws: FileError.self) { try FileSystem.contents(of: path("none")) }
    #expect(error.isMissing && !error.isTransient)
    #expect(error.operation == "open")
    #expect(error.path == path("none"))
    #expect(error.reason == "No such file or directory")
    #expect(FileSystem.size(of: path("none")) == nil)
    #expect(!FileSystem.exists(path("none")) && !FileSystem.isDirectory(path("none")))
  }

  @Test(
    arguments: [
      (ENOENT, true, false), (ENOTDIR, true, false), (ENOSPC, false, true), (EDQUOT, false, true),
      (EMFILE, false, true),
      (EAGAIN, false, true), (EACCES, false, false), (EISDIR, false, false), (EEXIST, false, false),
      (EIO, false, false),
    ] as [(Int32, Bool, Bool)])
  func `what can be done about an error`(number: Int32, isMissing: Bool, isTransient: Bool) {
    let error = FileError("write", "file", number: number)
    #expect(error.isMissing == isMissing)
    #expect(error.isTransient == isTransient)
  }

  @Test func `names are listed by bytes`() throws {
    try FileSystem.createDirectory(path("list"))
    for name in ["b", "a", "Z", "10", "9", "é", "e\u{301}", ".hidden"] {
      try FileSystem.create(path("list/\(name)"), [], flush: false)
    }
    let names = try FileSystem.list(path("list"))
    #expect(
      names.map { Array($0.utf8) } == [".hidden", "10", "9", "Z", "a", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    #expect(try FileSystem.list(path("none")) == [])
    #expect(throws: FileError.self) { try FileSystem.list(path("list/a")) }
  }

  @Test func `directories are created with those above, renamed and removed`() throws {
    try FileSystem.createDirectories(path("a/b/c"))
    try FileSystem.createDirectories(path("a/b/c"))
    #expect(FileSystem.isDirectory(path("a/b/c")))
    #expect(throws: FileError("create", path("a/b"), number: EEXIST)) { try FileSystem.createDirectory(path("a/b")) }
    try FileSystem.create(path("a/b/c/file"), [1], flush: false)
    try FileSystem.rename(path("a/b/c"), to: path("a/d"))
    try FileSystem.flushDirectory(path("a"))
    #expect(try FileSystem.list(path("a")) == ["b", "d"])
    #expect(!FileSystem.isDirectory(path("a/d/file")) && FileSystem.exists(path("a/d/file")))
    try FileSystem.removeDirectory(path("a/d"))
    #expect(try FileSystem.list(path("a")) == ["b"])
    #expect(throws: FileError.self) { try FileSystem.rename(path("none"), to: path("other")) }
    try FileSystem.create(path("file"), [], flush: false)
    try FileSystem.removeFile(path("file"))
    try FileSystem.removeFile(path("file"))
    #expect(!FileSystem.exists(path("file")))
    let tooLong = path(String(repeating: "x", count: 300))
    #expect(throws: FileError("create", tooLong, number: ENAMETOOLONG)) { try FileSystem.createDirectories(tooLong) }
  }

  @Test(
    arguments: [
      ("/a/b/c", "/a/b"), ("/a", "/"), ("/", "/"), ("a", "."), ("a/b", "a"), ("a/b/", "a"), ("/a/b//", "/a"),
      ("./a", "."), ("../a", ".."),
    ] as [(String, String)])
  func `the directory above`(path: String, expected: String) {
    #expect(FileSystem.parentDirectory(of: path) == expected)
  }

  @Test func `absolute paths go through links, and missing ones stay`() throws {
    let real = FileSystem.absolute(workspace.path)
    try FileSystem.createDirectory(path("real"))
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("real"))
    #expect(FileSystem.absolute(path("link")) == real + "/real")
    #expect(FileSystem.absolute(path("real/../real/.")) == real + "/real")
    #expect(FileSystem.absolute("/none/there") == "/none/there")
    #expect(FileSystem.absolute("none/there").hasPrefix("/"))
    #expect(FileSystem.absolute("none/there").hasSuffix("/none/there"))
  }

  @Test func `a lock is for one, and free again afterwards`() throws {
    var first = try FileLock.take(path("lock"), timeoutSeconds: 0)
    #expect(first != nil)
    #expect(try FileLock.take(path("lock"), timeoutSeconds: 0) == nil)
    #expect(try FileLock.take(path("other"), timeoutSeconds: 0) != nil)
    withExtendedLifetime(first) {}
    first = nil
    #expect(try FileLock.take(path("lock"), timeoutSeconds: 0) != nil)
  }

  @Test func `whoever waits for a lock gets it when it is given up, or nothing when the time is over`() throws {
    let held = Monitor(try FileLock.take(path("lock"), timeoutSeconds: 0))
    #expect(held.update { $0 != nil })
    let start = ContinuousClock.now
    #expect(try FileLock.take(path("lock"), timeoutSeconds: 1) == nil)
    #expect(ContinuousClock.now - start >= .milliseconds(900))
    let releaser = Worker {
      Thread.sleep(forTimeInterval: 0.2)
      held.update { $0 = nil }
    }
    #expect(try FileLock.take(path("lock"), timeoutSeconds: 60) != nil)
    releaser.join()
  }

  @Test func `a lock in a missing directory is an error`() {
    #expect(throws: FileError("lock", path("none/lock"), number: ENOENT)) {
      try FileLock.take(path("none/lock"), timeoutSeconds: 0)
    }
  }
}
