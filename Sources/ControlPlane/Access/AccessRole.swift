/// What a bearer token allows. Ordered: each includes the ones before it.
package enum AccessRole: String, Sendable, CaseIterable, Comparable {
  /// Every GET.
  case read
  /// All.
  case admin

  package static func < (a: Self, b: Self) -> Bool { a == .read && b == .admin }
}
