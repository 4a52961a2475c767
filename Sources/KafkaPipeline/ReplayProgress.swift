/// How far a lane is that reads its windows again from the log.
package struct ReplayProgress: Sendable, Equatable {
  /// Offsets: transaction markers and compacted records count too.
  package var recordsToGo: Int64
  /// At the rate so far; nil before there is one.
  package var secondsToGo: Double?

  package init(recordsToGo: Int64, secondsToGo: Double?) {
    self.recordsToGo = recordsToGo
    self.secondsToGo = secondsToGo
  }

  /// For people.
  var text: String { "its windows, read again from the log: \(toGo)" }

  /// For people: how much is left.
  var toGo: String {
    let time = secondsToGo.map { ", about \(Int64($0.rounded(.up))) s" } ?? ""
    return "\(recordsToGo) records to go\(time)"
  }
}
