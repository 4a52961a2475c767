import StreamEngine

/// What a cell of a result must be: one value, or any within the bound that was promised.
enum WantedCell: CustomStringConvertible {
  case exactly(TestCell)
  /// A double so close to this one, relatively.
  case near(Double, Double)
  /// A number within 1 % of one of these, which are the same but for the rounding of a rank.
  case quantile([Double])
  /// A count of different values: exact up to 256, then within five standard errors of a HyperLogLog with 4,096 registers,
  /// 1.04 / sqrt(m) each (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, AofA 2007).
  case distinct(Int)

  func accepts(_ cell: TestCell) -> Bool {
    switch self {
    case .exactly(let wanted): return cell == wanted
    case .near(let wanted, let relative):
      guard let got = cell.number else { return false }
      return abs(got - wanted) <= relative * abs(wanted)
    case .quantile(let wanted):
      guard let got = cell.number else { return false }
      // A rounding of the bound itself is no fault.
      return wanted.contains { abs(got - $0) <= 0.01 * abs($0) * (1 + 1e-9) }
    case .distinct(let wanted):
      guard case .int(let got) = cell else { return false }
      return wanted <= 256 ? got == wanted : abs(Double(got) - Double(wanted)) <= 5 * 1.04 / 64 * Double(wanted)
    }
  }

  var description: String {
    switch self {
    case .exactly(let cell): "\(cell)"
    case .near(let value, _): "\(value)"
    case .quantile(let values): "~\(values[0])"
    case .distinct(let count): "\(count) different"
    }
  }
}

/// A result that must come out.
struct WantedResult: CustomStringConvertible {
  /// Its cells are left empty.
  var place: TestResult
  var cells: [WantedCell]

  func accepts(_ result: TestResult, revisions: Bool = true) -> Bool {
    var got = result
    got.cells = []
    if !revisions { got.revision = place.revision }
    return got == place && cells.count == result.cells.count && zip(cells, result.cells).allSatisfy { $0.accepts($1) }
  }

  var description: String { "\(place)" + cells.map(\.description).joined(separator: ",") }
}
