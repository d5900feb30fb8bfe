#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace lienthong::test_support {

/// Compares `table` with what stands in `file` between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
/// With LIENTHONG_RENEW_TABLES=1 the file is changed instead.
inline void expect_table_in(const std::string& file, const std::string& name, const std::string& table) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  std::string content = text.str();
  const std::string begin = "<!-- " + name + ":begin -->\n";
  const std::string end = "<!-- " + name + ":end -->";
  const auto from = content.find(begin);
  const auto to = content.find(end);
  ASSERT_NE(from, std::string::npos) << file << " lacks " << begin;
  ASSERT_NE(to, std::string::npos) << file << " lacks " << end;
  const auto start = from + begin.size();
  if (std::getenv("LIENTHONG_RENEW_TABLES") != nullptr) {
    content.replace(start, to - start, table);
    std::ofstream(file) << content;
    return;
  }
  EXPECT_EQ(content.substr(start, to - start), table) << file << ": run this test once with LIENTHONG_RENEW_TABLES=1";
}

}  // namespace lienthong::test_support
