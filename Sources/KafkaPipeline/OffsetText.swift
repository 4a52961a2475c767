import KafkaClient

/// The text that is committed beside each group offset: which checkpoint of which store it belongs to, and from where the windows
/// that are still kept could be read again.
///
/// `ps1;<store id>;<n>;<replay_from>;<partition watermark>;<shard watermark>;<largest revision of a kept window>;<signature>`, with
/// `-` for a watermark of minus infinity and `x` for a `replay_from` that cannot be rebuilt. At most 4,096 bytes (broker default).
struct OffsetText: Equatable {
  var storeID: String
  /// Number of the checkpoint.
  var n: Int64
  /// nil: `x`.
  var replayFrom: Int64?
  var partitionWatermark: Int64?
  var shardWatermark: Int64?
  var largestRevision: Int64
  var signature: String

  var text: String {
    func watermark(_ value: Int64?) -> String { value.map { String($0) } ?? "-" }
    return [
      "ps1", storeID, String(n), replayFrom.map { String($0) } ?? "x", watermark(partitionWatermark), watermark(shardWatermark),
      String(largestRevision), signature,
    ].joined(separator: ";")
  }

  /// Larger ones are nobody's work: what is reckoned with them must not overflow.
  private static let largest: Int64 = 1 << 62

  /// nil: not a text of ours.
  init?(_ text: String) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 8, parts[0] == "ps1", !parts[1].isEmpty, !parts[7].isEmpty, let n = Int64(parts[2]), (0...Self.largest).contains(n),
      let largestRevision = Int64(parts[6]), (0...Self.largest).contains(largestRevision)
    else { return nil }
    func number(_ part: String, none: String) -> Int64?? { part == none ? .some(nil) : Int64(part).map { .some($0) } }
    guard let replayFrom = number(parts[3], none: "x"), let partitionWatermark = number(parts[4], none: "-"),
      let shardWatermark = number(parts[5], none: "-"), (0...Self.largest).contains(replayFrom ?? 0)
    else { return nil }
    self.init(
      storeID: parts[1], n: n, replayFrom: replayFrom, partitionWatermark: partitionWatermark, shardWatermark: shardWatermark,
      largestRevision: largestRevision, signature: parts[7])
  }

  init(
    storeID: String, n: Int64, replayFrom: Int64?, partitionWatermark: Int64?, shardWatermark: Int64?, largestRevision: Int64,
    signature: String
  ) {
    self.storeID = storeID
    self.n = n
    self.replayFrom = replayFrom
    self.partitionWatermark = partitionWatermark
    self.shardWatermark = shardWatermark
    self.largestRevision = largestRevision
    self.signature = signature
  }
}

/// What state belongs to: the cluster and the parts of the spec that give it its meaning. FNV-1a, 64 bits, as 16 hex digits.
func stateSignature(clusterID: String, stateIdentity: String) -> String {
  var hash = FNV1a()
  hash.add(clusterID.utf8 + [0] + stateIdentity.utf8)
  let digits = String(hash.value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
