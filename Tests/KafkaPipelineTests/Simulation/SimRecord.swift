/// A record of the input.
struct SimRecord {
  var time: Int
  var key: Int
  /// Of each record another one, so that sums tell which are in a window.
  var value: Int
}

/// A result: a figure of one window.
struct SimResult: Hashable {
  var key: Int
  var window: Int
  var revision: Int
  var count: Int
  var sum: Int

  var place: SimPlace { SimPlace(key: key, window: window) }
}

struct SimPlace: Hashable {
  var key: Int
  var window: Int
}
