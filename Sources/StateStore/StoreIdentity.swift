import Glibc

/// The random identity of a folder of checkpoints, in a file beside them: for programs without the daemon's data folder.
package enum StoreIdentity {
  static let fileName = "store-id"
  private static let digits = 32

  /// 32 hex digits, made with the folder. Checkpoints without it are damaged: they belong to what it held. Blocks on the disk.
  package static func readOrMake(directory: String) throws(StateStoreError) -> String {
    try CheckpointDatabase.makeDirectory(directory)
    let path = directory + "/" + fileName
    if try CheckpointDatabase.fileSize(path, fileName) != nil { return try read(path) }
    guard try CheckpointDatabase.fileSize(directory + "/" + StoreFormat.fileName, StoreFormat.fileName) == nil else {
      throw StateStoreError.damaged(fileName, "it is missing, and the checkpoints beside it belong to what it held")
    }
    let id = (0..<digits / 16).map { _ in hex(UInt64.random(in: .min ... .max)) }.joined()
    let new = path + ".\(getpid())"
    try write(Array((id + "\n").utf8), new)
    // Of two processes that make it at once, one wins: both go on with its id.
    if link(new, path) != 0 && errno != EEXIST { throw StateStoreError(errno: errno, file: fileName, doing: "put it in place") }
    _ = unlink(new)
    try CheckpointDatabase.synchronizeDirectory(directory)
    return try read(path)
  }

  private static func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func read(_ path: String) throws(StateStoreError) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw StateStoreError(errno: errno, file: fileName, doing: "open it") }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: digits + 2)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw StateStoreError(errno: errno, file: fileName, doing: "read it") }
    let id = bytes[..<count].last == UInt8(ascii: "\n") ? bytes[..<(count - 1)] : bytes[..<count]
    guard id.count == digits, id.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
      throw StateStoreError.damaged(fileName, "it does not hold \(digits) hex digits")
    }
    return String(decoding: id, as: UTF8.self)
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws(StateStoreError) {
    _ = unlink(path)
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StateStoreError(errno: errno, file: fileName, doing: "make it") }
    defer { Glibc.close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      throw StateStoreError(errno: errno, file: fileName, doing: "write it")
    }
  }
}
