// The rows of the benchmark: what was measured, beside its floor and the bar that the product has
// to hold.
//
// Threads: values.
#pragma once

#include "core/base/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mre::bench {

struct Row {
  std::string name; // what --only selects
  std::string what;
  std::string unit;
  std::optional<double> floor{};
  std::optional<double> ours{};
  std::optional<double> ratio{}; // ours / floor, in the unit above
  std::string bar{};             // in words; empty for a row that only informs
  std::optional<bool> holds{};
  std::string note{};
  Json details = Json::object(); // every figure behind the row
};

// A row whose measurement could not be made: never counts as held.
Row failed_row(std::string name, std::string what, std::string reason);

// Sets the ratio from floor and ours.
void set_ratio(Row &row);

std::string to_table(const std::vector<Row> &rows); // aligned Markdown
Json to_json(const std::vector<Row> &rows);

} // namespace mre::bench
