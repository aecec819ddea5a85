#include "bench/table.hpp"

#include "core/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace mre::bench {
namespace {

constexpr std::size_t kColumns = 8;
using Line = std::array<std::string, kColumns>;

// Three significant figures are all that a shared machine can promise.
std::string figure(const std::optional<double> &value) {
  if (!value) {
    return "-";
  }
  const double size = std::fabs(*value);
  const int digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, *value);
  return text.data();
}

Line to_line(const Row &row) {
  const std::string verdict = !row.holds ? "" : *row.holds ? "yes" : "NO";
  return {row.what,          row.unit, figure(row.floor), figure(row.ours),
          figure(row.ratio), row.bar,  verdict,           row.note};
}

Json or_null(const std::optional<double> &value) {
  return value ? Json(*value) : Json(nullptr);
}

} // namespace

Row failed_row(std::string name, std::string what, std::string reason) {
  Row row{.name = std::move(name), .what = std::move(what), .unit = "-"};
  row.holds = false;
  row.note = "not measured: " + std::move(reason);
  return row;
}

void set_ratio(Row &row) {
  if (row.floor && row.ours && *row.floor > 0) {
    row.ratio = *row.ours / *row.floor;
  }
}

std::string to_table(const std::vector<Row> &rows) {
  std::vector<Line> lines{{"what", "unit", "floor", "ours", "ratio", "bar", "holds", "note"}};
  for (const Row &row : rows) {
    lines.push_back(to_line(row));
  }
  std::array<std::size_t, kColumns> widths{};
  for (const Line &line : lines) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      widths[column] = std::max(widths[column], utf8::count(line[column]));
    }
  }
  std::string text;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      const std::string &cell = lines[index][column];
      text += "| " + cell + std::string(widths[column] - utf8::count(cell) + 1, ' ');
    }
    text += "|\n";
    for (std::size_t column = 0; index == 0 && column < kColumns; ++column) {
      text += "|" + std::string(widths[column] + 2, '-');
    }
    text += index == 0 ? "|\n" : "";
  }
  return text;
}

Json to_json(const std::vector<Row> &rows) {
  Json list = Json::array();
  for (const Row &row : rows) {
    list.push_back({{"name", row.name},
                    {"what", row.what},
                    {"unit", row.unit},
                    {"floor", or_null(row.floor)},
                    {"ours", or_null(row.ours)},
                    {"ratio", or_null(row.ratio)},
                    {"bar", row.bar},
                    {"holds", row.holds ? Json(*row.holds) : Json(nullptr)},
                    {"note", row.note},
                    {"details", row.details}});
  }
  return list;
}

} // namespace mre::bench
