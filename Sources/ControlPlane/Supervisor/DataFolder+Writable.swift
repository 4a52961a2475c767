import KafkaPipeline

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
    if try DiskFiles.kind(stateDirectory(of: name)) != nil { try DiskFiles.removeTree("state", in: pipelineFolder(name)) }
    let state = stateDirectory(of: name)
    try DiskFiles.makeFolder(state)
    let mark = state + "/" + DiscardMark.name
    try DiskFiles.replace(mark, in: state, temporary: mark + ".new", with: Array("The windows were discarded by wish.\n".utf8))
  }
}
