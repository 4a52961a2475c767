import Glibc

extension DiskFiles {
  /// Deepest nesting of folders that is removed; below that something is not ours.
  static let removalDepth = 64

  /// Removes the file, link or folder `name` in `parent` with all it holds. Goes by descriptors and never through a symbolic
  /// link, so that nothing outside can be reached even if someone swaps a folder for a link meanwhile.
  static func removeTree(_ name: String, in parent: String) throws(DiskFault) {
    let folder = try FileDescriptor.open(parent, O_RDONLY | O_DIRECTORY)
    try removeEntry(name, at: folder.raw, path: parent + "/" + name, depth: 0)
  }

  private static func removeEntry(_ name: String, at folder: Int32, path: String, depth: Int) throws(DiskFault) {
    if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
    // Linux says EISDIR for a folder; POSIX would allow EPERM.
    guard errno == EISDIR || errno == EPERM else { throw DiskFault(errno: errno, path, doing: "remove") }
    guard depth < removalDepth else { throw DiskFault(errno: ELOOP, path, doing: "remove") }
    let raw = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard raw >= 0 else { throw DiskFault(errno: errno, path, doing: "open") }
    guard let stream = fdopendir(raw) else {
      let fault = DiskFault(errno: errno, path, doing: "read")
      Glibc.close(raw)
      throw fault
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw DiskFault(errno: errno, path, doing: "read") }
        break
      }
      // The raw bytes: a name need not be UTF-8 to be removed.
      let child = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if child == [0x2E] || child == [0x2E, 0x2E] { continue }
      if let text = String(validating: child, as: UTF8.self) {
        try removeEntry(text, at: dirfd(stream), path: path + "/" + text, depth: depth + 1)
      } else {
        let removed = (child + [0]).withUnsafeBufferPointer { bytes in
          bytes.withMemoryRebound(to: CChar.self) { unlinkat(dirfd(stream), $0.baseAddress!, 0) }
        }
        guard removed == 0 else { throw DiskFault(errno: errno, path, doing: "remove a file of a strange name in") }
      }
    }
    guard unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
      throw DiskFault(errno: errno, path, doing: "remove")
    }
  }
}
