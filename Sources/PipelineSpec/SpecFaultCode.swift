/// The stable codes of spec faults; the raw value is what REST shows.
package enum SpecFaultCode: String, Sendable, CaseIterable {
  /// A member or librdkafka property that nothing knows.
  case unknownMember = "unknown_member"
  /// A word that is not one of the known ones.
  case unknownValue = "unknown_value"
  case duplicateMember = "duplicate_member"
  /// Two entries of a list are the same where that makes no sense.
  case duplicate
  case wrongType = "wrong_type"
  case missing
  case outOfRange = "out_of_range"
  /// An empty list or text where there must be something.
  case empty
  /// A text longer than its limit.
  case tooLong = "too_long"
  /// A text that does not follow its rule, such as a topic name with a blank.
  case badFormat = "bad_format"
  /// Two parts of the document contradict each other.
  case conflict
  /// Known to the design but not built; the detail says what there is instead.
  case notSupportedYet = "not_supported_yet"
  /// Known and built, but not for specs; the detail says for whom.
  case notSupported = "not_supported"
  /// A password or private key written into the document.
  case secretLiteral = "secret_literal"
  /// A librdkafka property that specs must not set.
  case propertyRefused = "property_refused"
  /// A property that was accepted and does nothing here; only among warnings.
  case propertyIgnored = "property_ignored"
  /// The list of faults was cut at `SpecLimits.maxFaults`.
  case tooManyFaults = "too_many_faults"
}
