import Glibc

/// A file in the state folder that says: the windows were discarded by wish. Without it the next start would read them again from
/// the log, since the group's texts tell how.
package struct DiscardMark: Sendable {
  package static let name = "discarded"
  private let path: String

  init(stateDirectory: String) { path = stateDirectory + "/" + Self.name }

  var isSet: Bool { access(path, F_OK) == 0 }

  /// Once the group knows where the pipeline starts anew. Should it stay by an error, the same is done again at the next start.
  func clear() { _ = unlink(path) }
}
