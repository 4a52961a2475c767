import RecordCodec

/// What is lost with a pipeline's state.
enum LossView {
  /// nil if it is nothing.
  static func text(_ loss: JSONValue?) -> String? {
    guard let loss, loss.objectMembers != nil else { return nil }
    let windows = loss.integer("open_windows") ?? 0
    let keys = loss.integer("keys").map { ", \(Figures.count($0)) \($0 == 1 ? "key" : "keys")" } ?? ""
    return "\(Figures.count(windows)) open \(windows == 1 ? "window" : "windows")\(keys)"
  }
}
