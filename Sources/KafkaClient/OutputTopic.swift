/// Where a producer's record goes.
package enum OutputTopic: Int, Sendable {
  case results = 0
  case deadLetters = 1
}
