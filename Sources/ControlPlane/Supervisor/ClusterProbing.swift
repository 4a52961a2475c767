package import KafkaPipeline

/// What asks a cluster whether it is there, as the supervisor sees it.
package protocol ClusterProbing: AnyObject, Sendable {
  var answer: ClusterProbe.Answer { get }
  var topics: [String: ClusterProbe.Topic] { get }
  func watch(_ topics: Set<String>)
  func stop()
}

extension ClusterProbe: ClusterProbing {}
