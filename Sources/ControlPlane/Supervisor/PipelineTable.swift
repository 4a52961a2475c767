import Synchronization

/// The pipelines by name, in name order.
final class PipelineTable: Sendable {
  private struct Table {
    var byName: [String: PipelineEntry] = [:]
    /// In order of their bytes.
    var names: [String] = []
  }

  private let table = Mutex(Table())

  subscript(name: String) -> PipelineEntry? { table.withLock { $0.byName[name] } }

  var all: [PipelineEntry] { table.withLock { table in table.names.compactMap { table.byName[$0] } } }

  var count: Int { table.withLock { $0.names.count } }

  func insert(_ entry: PipelineEntry) {
    table.withLock { table in
      if table.byName.updateValue(entry, forKey: entry.name) == nil {
        table.names.insert(entry.name, at: Self.place(of: entry.name, in: table.names))
      }
    }
  }

  func remove(_ name: String) {
    table.withLock { table in
      guard table.byName.removeValue(forKey: name) != nil else { return }
      table.names.remove(at: Self.place(of: name, in: table.names))
    }
  }

  /// The first index whose name is not below `name`.
  private static func place(of name: String, in names: [String]) -> Int {
    var low = 0
    var high = names.count
    while low < high {
      let middle = (low + high) / 2
      if names[middle] < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
