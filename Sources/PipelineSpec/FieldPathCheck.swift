import RecordCodec

/// Rules of the dotted paths that point into records.
enum FieldPathCheck {
  /// The path, or nil with a fault at `pointer`.
  static func check(_ text: String, at pointer: String, _ faults: FaultCollector) -> FieldPath? {
    // Split by bytes: with characters, a dot with a combining mark after it would not count.
    let steps = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if text.isEmpty {
      faults.add(pointer, .empty, "must be the name of a field, or a dotted path such as usage.total_tokens")
    } else if text.utf8.count > SpecLimits.maxPathBytes {
      faults.add(pointer, .tooLong, "a path has at most \(SpecLimits.maxPathBytes) bytes")
    } else if steps.count > FieldPath.maxSteps {
      faults.add(pointer, .tooLong, "a path has at most \(FieldPath.maxSteps) steps")
    } else if steps.contains(where: { $0.isEmpty }) {
      faults.add(pointer, .badFormat, "a path has a name between any two dots and at both ends")
    } else if SpecText.hasControl(text) {
      faults.add(pointer, .badFormat, "a path holds no control characters")
    } else {
      return FieldPath(text)
    }
    return nil
  }
}
