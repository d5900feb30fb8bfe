#pragma once

#include "catalogue/core/check.h"
#include "shared_kernel/catalogue.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::catalogue {

/// A finding with where it stands. `line` counts from 1; 0: the file as a whole.
struct Fault {
  std::string file;
  std::size_t line = 0;
  Finding finding;
};

struct Reading {
  shared_kernel::CatalogueContents contents;
  /// By file and line; all of them.
  std::vector<Fault> faults;
  /// True when nothing but warnings was found; else nothing may be imported.
  bool importable() const;
};

/// Reads and checks a catalogue written as YAML (services/catalogue/README.md has the form). The sections may be spread over
/// any number of files. `files`: name and text.
Reading read_catalogue(const std::vector<std::pair<std::string, std::string>>& files);

/// The same for all `*.yaml` files of a directory, in name order; the names of faults begin with `directory`.
Reading read_catalogue_directory(const std::filesystem::path& directory);

/// `deploy/catalogue/agencies.yaml:12: error: there is no calendar “x”; define this calendar or correct the code`
std::string english_line(const Fault& fault);
std::string vietnamese_line(const Fault& fault);

}  // namespace lienthong::catalogue
