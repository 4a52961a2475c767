/// What was found in one folder of `pipelines`.
package enum LoadedPipeline: Sendable, Equatable {
  case good(StoredPipeline)
  /// Cannot be used; `reason` is for people. Nothing of it was deleted.
  case damaged(name: String, reason: String)

  package var name: String {
    switch self {
    case .good(let pipeline): pipeline.name
    case .damaged(let name, _): name
    }
  }
}
