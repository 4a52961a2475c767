/// The data folder of one daemon.
struct SimDisk {
  struct Copy {
    var n: Int64
    var shard: SimShard
  }

  var storeID: String
  var heads: [Int: Copy] = [:]
  var pending: [Int: Copy] = [:]
  /// Who may write a shard; in memory only.
  var owners: [Int: Int] = [:]

  init(storeID: String) { self.storeID = storeID }

  /// As it is after the process died.
  var afterCrash: SimDisk {
    var disk = self
    disk.owners = [:]
    return disk
  }
}
