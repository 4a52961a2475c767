import Glibc

/// File operations of the control plane. All block, none follows a symbolic link in the last component.
enum DiskFiles {
  enum Kind { case file, folder, link, other }

  /// nil: nothing there.
  static func kind(_ path: String) throws(DiskFault) -> Kind? {
    var info = stat()
    guard lstat(path, &info) == 0 else {
      if errno == ENOENT { return nil }
      throw DiskFault(errno: errno, path, doing: "look at")
    }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  /// The whole file; longer than `limit` is a fault (`data_dir.damaged`), as is anything but a plain file.
  /// `followsLinks`: for files that an operator names, which mounted secrets make links.
  static func read(_ path: String, limit: Int, followsLinks: Bool = false) throws(DiskFault) -> [UInt8] {
    // O_NONBLOCK: a pipe in its place must not hang the caller.
    let file = try FileDescriptor.open(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW) | O_NONBLOCK)
    var info = stat()
    guard fstat(file.raw, &info) == 0 else { throw DiskFault(errno: errno, path, doing: "look at") }
    guard info.st_mode & S_IFMT == S_IFREG else { throw damaged("\(path) is not a plain file") }
    var bytes: [UInt8] = []
    while bytes.count <= limit {
      var got = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        got = Glibc.read(file.raw, buffer.baseAddress, buffer.count)
        count = max(got, 0)
      }
      if got == 0 { return bytes }
      if got < 0 {
        if errno == EINTR { continue }
        throw DiskFault(errno: errno, path, doing: "read")
      }
      bytes += chunk
    }
    throw damaged("\(path) is longer than \(limit) bytes")
  }

  /// Replaces the file: written under another name and synced first, then renamed, then the folder synced. `temporary` is in the
  /// same folder.
  ///
  /// After an error the old file is still there, but for one: if the disk fails in the sync of the folder, the new file is in place,
  /// and a crash of the machine may bring the old one back.
  static func replace(_ path: String, in folder: String, temporary: String, with bytes: [UInt8]) throws(DiskFault) {
    // Before anything changes: a process that is out of descriptors must not find that out behind the rename.
    let directory = try open(folder: folder)
    do throws(DiskFault) {
      // A leftover of a crash may be there, or a link: O_EXCL follows nothing.
      if unlink(temporary) != 0, errno != ENOENT { throw DiskFault(errno: errno, temporary, doing: "remove") }
      let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
      try write(bytes, to: file, temporary)
      guard fsync(file.raw) == 0 else { throw DiskFault(errno: errno, temporary, doing: "write to the disk") }
    } catch {
      _ = unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let fault = DiskFault(errno: errno, path, doing: "put in place")
      _ = unlink(temporary)
      throw fault
    }
    try synchronize(directory, folder)
  }

  static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor, _ path: String) throws(DiskFault) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress! + written, $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw DiskFault(errno: errno, path, doing: "write")
      }
      written += count
    }
  }

  static func synchronize(folder: String) throws(DiskFault) { try synchronize(try open(folder: folder), folder) }

  private static func open(folder: String) throws(DiskFault) -> FileDescriptor { try FileDescriptor.open(folder, O_RDONLY | O_DIRECTORY) }

  private static func synchronize(_ directory: borrowing FileDescriptor, _ path: String) throws(DiskFault) {
    guard fsync(directory.raw) == 0 else { throw DiskFault(errno: errno, path, doing: "write to the disk") }
  }

  /// Makes the folder (0700) and those above it that are missing, each synced into its parent. A link to a folder will do.
  static func makeFolder(_ path: String) throws(DiskFault) {
    var info = stat()
    if stat(path, &info) == 0 {
      guard info.st_mode & S_IFMT == S_IFDIR else { throw DiskFault(errno: ENOTDIR, path, doing: "use as a folder") }
      return
    }
    guard errno == ENOENT else { throw DiskFault(errno: errno, path, doing: "look at") }
    let parent = parent(of: path)
    if parent != path { try makeFolder(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw DiskFault(errno: errno, path, doing: "make") }
    try synchronize(folder: parent)
  }

  static func parent(of path: String) -> String {
    var end = path.endIndex
    while end > path.startIndex, path[path.index(before: end)] == "/" { end = path.index(before: end) }
    guard let slash = path[..<end].lastIndex(of: "/") else { return end == path.startIndex ? path : "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Names in the folder, in byte order; names that are not UTF-8 are repaired and so match nothing.
  static func names(in folder: String) throws(DiskFault) -> [String] {
    guard let stream = opendir(folder) else { throw DiskFault(errno: errno, folder, doing: "read") }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw DiskFault(errno: errno, folder, doing: "read") }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
  }

  static func damaged(_ message: String) -> DiskFault {
    DiskFault(
      code: "data_dir.damaged", message: message,
      advice: "Nothing was changed. Restore it from a copy, or move it away so that a new one is made.")
  }

  /// `count` (at most 256) random bytes as lower-case hex.
  static func randomHex(_ count: Int) throws(DiskFault) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    // getrandom(2) is not in the Glibc module; this is glibc's loop over it.
    guard getentropy(&bytes, bytes.count) == 0 else { throw DiskFault(errno: errno, "random bytes", doing: "get") }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
