import Glibc
import RecordCodec

/// The pipelines of a data folder, one folder each. Calls block on the disk and must not overlap for one name.
package final class PipelineFiles: Sendable {
  private let folder: DataFolder

  private static let specFile = "spec.json"
  private static let temporaryFile = "spec.json.new"
  /// What SIGKILL can leave of any file that is replaced.
  private static let temporaryFiles: Set<String> = [temporaryFile, StatsTotals.fileName + ".new", PipelineHistory.fileName + ".new"]
  private static let deletedPrefix = ".deleted-"
  /// More set-aside files than this in one folder are not made; the damaged one stays where it is.
  private static let maxSetAside = 1_000

  package init(_ folder: DataFolder) { self.folder = folder }

  /// All pipelines in order of name. Clears up what a crash left: temporary files and folders on their way out.
  ///
  /// A `spec.json` that cannot be read is set aside as `spec.json.corrupt` (`.corrupt.2`, ...) and its pipeline reported as
  /// damaged, in this and every later load until it is saved or removed. Folders that are not pipelines are reported and left
  /// alone. Throws only if `pipelines` itself cannot be read.
  package func load() throws(DiskFault) -> [LoadedPipeline] {
    try makePipelinesFolder()
    var found: [LoadedPipeline] = []
    for name in try DiskFiles.names(in: folder.pipelinesFolder) {
      if Self.isDeleted(name) {
        // It stays for the next load if it cannot be removed now.
        try? DiskFiles.removeTree(name, in: folder.pipelinesFolder)
        continue
      }
      if let pipeline = loadOne(name) { found.append(pipeline) }
    }
    return found
  }

  /// On the disk when this returns. After a fault the old one is still there, with the exception of `DiskFiles.replace`.
  package func save(_ pipeline: StoredPipeline) throws(DiskFault) {
    try Self.checkName(pipeline.name)
    let home = folder.pipelineFolder(pipeline.name)
    try makePipelinesFolder()
    switch try DiskFiles.kind(home) {
    case nil, .folder?: try DiskFiles.makeFolder(home)
    default: throw DiskFiles.damaged("\(home) is not a folder")
    }
    try DiskFiles.replace(
      home + "/" + Self.specFile, in: home, temporary: home + "/" + Self.temporaryFile, with: pipeline.serialized())
  }

  /// Removes the pipeline with all that is kept of it. It is gone as a whole or not at all: if this throws `disk.*` after the
  /// rename, the rest goes at the next load. A name that is not there is no fault.
  package func remove(_ name: String) throws(DiskFault) {
    try Self.checkName(name)
    let home = folder.pipelineFolder(name)
    guard try DiskFiles.kind(home) != nil else { return }
    let away = try "\(Self.deletedPrefix)\(name)-\(DiskFiles.randomHex(8))"
    guard rename(home, folder.pipelinesFolder + "/" + away) == 0 else { throw DiskFault(errno: errno, home, doing: "remove") }
    try DiskFiles.synchronize(folder: folder.pipelinesFolder)
    try DiskFiles.removeTree(away, in: folder.pipelinesFolder)
  }

  private func makePipelinesFolder() throws(DiskFault) { try DiskFiles.makeFolder(folder.pipelinesFolder) }

  /// nil: a folder without a pipeline in it, left by a crash between making the folder and its first file.
  private func loadOne(_ name: String) -> LoadedPipeline? {
    let home = folder.pipelineFolder(name)
    guard PipelineName.isValid(name) else {
      return .damaged(name: name, reason: "\(home) has a name that no pipeline can have; it was left alone")
    }
    do throws(DiskFault) {
      guard try DiskFiles.kind(home) == .folder else {
        return .damaged(name: name, reason: "\(home) is not a folder; it was left alone")
      }
      let names = try DiskFiles.names(in: home)
      for temporary in names where Self.temporaryFiles.contains(temporary) { try? DiskFiles.removeTree(temporary, in: home) }
      guard names.contains(Self.specFile) else {
        let rest = names.filter { !Self.temporaryFiles.contains($0) }
        if rest.isEmpty {
          rmdir(home)
          return nil
        }
        let aside = rest.filter { $0.hasPrefix(Self.specFile + ".corrupt") }
        let why = aside.isEmpty ? "" : "; it was set aside as \(aside.joined(separator: ", "))"
        return .damaged(name: name, reason: "\(home) has no \(Self.specFile)\(why)")
      }
      return try read(name, home)
    } catch {
      return .damaged(name: name, reason: error.message)
    }
  }

  private func read(_ name: String, _ home: String) throws(DiskFault) -> LoadedPipeline {
    let file = home + "/" + Self.specFile
    let bytes: [UInt8]
    do throws(DiskFault) { bytes = try DiskFiles.read(file, limit: StoredPipeline.maxBytes) } catch {
      // A disk that cannot be read now is no reason to move the file.
      guard error.code == "data_dir.damaged" else { throw error }
      return .damaged(name: name, reason: setAside(home, because: error.message))
    }
    do throws(StoredPipeline.Unreadable) {
      return .good(try StoredPipeline(parsing: bytes, name: name))
    } catch {
      if error.isNewer {
        return .damaged(name: name, reason: "\(file): \(error.reason); it was left alone. Run the version of penstock that wrote it.")
      }
      return .damaged(name: name, reason: setAside(home, because: "\(file): \(error.reason)"))
    }
  }

  /// Returns the whole reason, with the new name.
  private func setAside(_ home: String, because reason: String) -> String {
    let file = home + "/" + Self.specFile
    do throws(DiskFault) {
      for number in 1...Self.maxSetAside {
        let name = Self.specFile + (number == 1 ? ".corrupt" : ".corrupt.\(number)")
        // An older one that was set aside stays. The folder is ours alone (LOCK), so nothing comes in between.
        guard try DiskFiles.kind(home + "/" + name) == nil else { continue }
        guard rename(file, home + "/" + name) == 0 else { throw DiskFault(errno: errno, file, doing: "set aside") }
        try? DiskFiles.synchronize(folder: home)
        return "\(reason); it was set aside as \(name)"
      }
    } catch {
      return "\(reason); \(error.message)"
    }
    return "\(reason); it was left, since \(Self.maxSetAside) others are set aside already"
  }

  private static func isDeleted(_ name: String) -> Bool {
    // Exactly what `remove` makes: the prefix, a valid name, 16 hex digits.
    guard name.hasPrefix(deletedPrefix), let dash = name.lastIndex(of: "-") else { return false }
    let digits = name[name.index(after: dash)...].utf8
    let inner = name[..<dash].dropFirst(deletedPrefix.count)
    return digits.count == 16 && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      && PipelineName.isValid(String(inner))
  }

  private static func checkName(_ name: String) throws(DiskFault) {
    guard PipelineName.isValid(name) else {
      throw DiskFault(
        code: "data_dir.bad_name", message: "\(name) cannot be the name of a pipeline",
        advice: "Use a-z, 0-9, '.', '_' and '-', at most 63, the first a letter or digit.")
    }
  }
}
