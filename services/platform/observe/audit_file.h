#pragma once

#include "platform/base/result.h"
#include "platform/ports/clock.h"

#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace lienthong::observe {

/// Looks at what is not everybody's to see, one line each, in a file that is only ever appended to.
/// Thread-safety: any thread; a call blocks for one write to the disk.
class AuditFile {
 public:
  /// `clock` must outlive the result. Errors: kUnavailable, naming the file.
  static Result<std::unique_ptr<AuditFile>> open(const std::string& path, const ports::Clock& clock);
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;
  ~AuditFile();
  /// Writes the time and `name="value"` of each field. True: the line is on the disk.
  bool write(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

 private:
  AuditFile(int fd, const ports::Clock& clock) : fd_(fd), clock_(clock) {}
  int fd_;
  const ports::Clock& clock_;
  std::mutex mutex_;
};

}  // namespace lienthong::observe
