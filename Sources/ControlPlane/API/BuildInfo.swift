/// What this process is.
package struct BuildInfo: Sendable {
  package static let currentVersion = "0.1.0"

  package var version = Self.currentVersion
  /// Unix ms.
  package var startedAt: Int64

  package init(startedAt: Int64) { self.startedAt = startedAt }
}
