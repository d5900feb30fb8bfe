#include "tools/ltctl/session.h"

#include <cstdio>

namespace lienthong::ltctl {

void Session::show(const Table& table, const nlohmann::json& document) const {
  const std::string out = json() ? document.dump(2) + "\n" : table.text();
  std::fputs(out.c_str(), stdout);
}

void Session::line(const Text& text) const { std::fputs((say(text) + "\n").c_str(), stdout); }

void Session::fail(const Error& error, const std::string& request_id) {
  std::fflush(stdout);
  const std::string out = json() ? error_json(error, request_id).dump() + "\n" : error_text(error, language, request_id);
  std::fputs(out.c_str(), stderr);
  exit = exit_of(error.code);
}

}  // namespace lienthong::ltctl
