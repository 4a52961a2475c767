import Glibc

/// Files that cannot be read are kept.
extension CheckpointStore {
  private static let folderPrefix = "set-aside-"

  /// Moves the store's files into a new folder `set-aside-<k>` beside them; nothing is deleted. Only while no store is open there.
  /// Returns the folder's name.
  package static func setAside(directory: String) throws(StateStoreError) -> String {
    let last = setAsideFolders(directory: directory).compactMap { Int($0.dropFirst(folderPrefix.count)) }.max() ?? 0
    let name = folderPrefix + String(last + 1)
    let folder = directory + "/" + name
    guard mkdir(folder, 0o700) == 0 else { throw StateStoreError(errno: errno, file: name, doing: "make the folder") }
    // The log before the file: a file without its log would be an older state, which a crash in between must not leave in place.
    for suffix in ["-wal", "-shm", "-journal", ""] {
      let file = StoreFormat.fileName + suffix
      if rename(directory + "/" + file, folder + "/" + file) != 0, errno != ENOENT {
        throw StateStoreError(errno: errno, file: file, doing: "set it aside")
      }
    }
    try CheckpointDatabase.synchronizeDirectory(folder)
    try CheckpointDatabase.synchronizeDirectory(directory)
    return name
  }

  /// Names of such folders, in order.
  package static func setAsideFolders(directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var numbers: [Int] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(folderPrefix), let number = Int(name.dropFirst(folderPrefix.count)), number > 0 { numbers.append(number) }
    }
    return numbers.sorted().map { folderPrefix + String($0) }
  }
}
