package import KafkaPipeline

/// Windows of all lanes of a pipeline, in order of their end.
package struct WindowList: Sendable {
  package var windows: [ListedWindow]
  /// There are no more than these.
  package var isWhole: Bool
}
