#include "platform/observe/audit_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lienthong::observe {
namespace {

// A caller's text can't end a line or a value.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

Result<std::unique_ptr<AuditFile>> AuditFile::open(const std::string& path, const ports::Clock& clock) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    const std::string why = path + ": " + std::strerror(errno);
    return failure({ErrorCode::kUnavailable, "START",
                    "Không mở được nhật ký tra cứu " + why + "; hãy kiểm tra quyền ghi và chỗ trống.",
                    "The audit file can't be opened: " + why + "; check permissions and space."});
  }
  return std::unique_ptr<AuditFile>(new AuditFile(fd, clock));
}

AuditFile::~AuditFile() { ::close(fd_); }

bool AuditFile::write(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string line = "time_us=" + std::to_string(clock_.now().micros);
  for (const auto& [name, value] : fields) line += ' ' + std::string(name) + '=' + quoted(value);
  line += '\n';
  const std::lock_guard lock(mutex_);
  return ::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fdatasync(fd_) == 0;
}

}  // namespace lienthong::observe
