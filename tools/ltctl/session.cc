#include "tools/ltctl/session.h"

#include <cctype>
#include <cstdio>

namespace lienthong::ltctl {

void Session::show(const Table& table, const nlohmann::json& document) const {
  const std::string out = json() ? document.dump(2) + "\n" : table.text();
  std::fputs(out.c_str(), stdout);
}

void Session::line(const Text& text) const { std::fputs((say(text) + "\n").c_str(), stdout); }

void Session::act_for(const std::string& agency) {
  if (!principal.empty() || agency.empty()) return;
  std::string name = "agency-" + agency.substr(0, agency.find('/'));
  for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  // Without that certificate the command goes on as who we are, and is refused with the reason if that is not enough.
  static_cast<void>(settings.act_as(name));
}

void Session::fail(const Error& error, const std::string& request) {
  std::fflush(stdout);
  const std::string out = json() ? error_json(error, request).dump() + "\n" : error_text(error, language, request);
  std::fputs(out.c_str(), stderr);
  exit = exit_of(error.code);
}

}  // namespace lienthong::ltctl
