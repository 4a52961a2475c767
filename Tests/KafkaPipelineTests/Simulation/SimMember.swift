/// A member of the group, as the broker knows it; its instance id is `instance`.
struct SimMember {
  var instance: Int
  /// Changes with each client.
  var id: Int
  var assigned: [Int] = []
  /// Has answered the rebalance that is under way.
  var hasJoined = false
}

/// Who a client was at one moment.
struct SimIdentity: Equatable {
  var instance: Int
  var id: Int
  var generation: Int
}

enum SimRebalance: Equatable {
  case revoke
  case lost
  case assign([Int])
}
