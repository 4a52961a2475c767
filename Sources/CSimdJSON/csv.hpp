// Lines of comma-separated fields (RFC 4180).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plan.hpp"
#include "slot.hpp"

namespace penstock {

/// The columns of a line, in their order, and which of them are wanted.
class CSVPlan {
 public:
  explicit CSVPlan(uint8_t delimiter);

  void addColumn(std::string_view name) { columns_.push_back({std::string(name)}); }
  /// The slot of a column, numbered by `plan`; a name that no column has gets one that nothing fills.
  uint32_t slot(std::string_view name, Plan &plan);

  /// Reads one line, with or without its line break, and fills the slots. Works in place: the text is not the line any more
  /// afterwards, and it must have 16 bytes behind it that are no digits. False: not one line, or not of so many fields.
  bool parse(uint8_t *text, size_t length, Slot *slots) const;

 private:
  struct Column {
    std::string name;
    int32_t slot = -1;
  };

  uint8_t delimiter_;
  /// Bytes that end a field without quotes, rightly or not.
  bool stops_[256] = {};
  std::vector<Column> columns_;
};

}  // namespace penstock
