#pragma once

#include "platform/base/result.h"
#include "tools/ltctl/settings.h"
#include "tools/ltctl/text.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lienthong::ltctl {

/// What every command has: settings, how to show its result, and what it ends with.
struct Session {
  Settings settings;
  Language language = Language::kVietnamese;
  Format format = Format::kTable;
  /// Principal to act as; empty: the one of the settings.
  std::string principal;
  /// Of a whole command, repetitions included. Units: seconds.
  double timeout = 30.0;
  /// Request id given by hand, to repeat a command of before; empty: a new one.
  std::string request_id;
  Exit exit = Exit::kOk;

  const std::string& say(const Text& text) const { return text.in(language); }
  bool json() const { return format == Format::kJson; }
  /// Shows the result in the wanted format on stdout.
  void show(const Table& table, const nlohmann::json& document) const;
  void line(const Text& text) const;
  /// Acts as the agency's own principal from now on, where its certificate is at hand and nobody else was named.
  void act_for(const std::string& agency);
  /// Shows an error on stderr and ends the command with its exit code.
  void fail(const Error& error, const std::string& request = {});
};

}  // namespace lienthong::ltctl
