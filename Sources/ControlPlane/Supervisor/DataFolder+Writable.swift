extension DataFolder {
  /// Why nothing can be stored here now; nil if something can. Writes a small file. Blocks.
  func writeFault() -> DiskFault? {
    do throws(DiskFault) {
      try DiskFiles.replace(path + "/.writable", in: path, temporary: path + "/.writable.new", with: Array("1\n".utf8))
      return nil
    } catch { return error }
  }

  /// Removes the checkpoints of a pipeline; nothing there is no fault. Only while no attempt runs.
  func eraseState(of name: String) throws(DiskFault) {
    guard try DiskFiles.kind(stateDirectory(of: name)) != nil else { return }
    try DiskFiles.removeTree("state", in: pipelineFolder(name))
  }
}
