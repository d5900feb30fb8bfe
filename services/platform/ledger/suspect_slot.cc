#include "platform/ledger/suspect_slot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace lienthong::ledger {
namespace {

constexpr std::size_t kFileBytes = 4096;

struct Layout {
  std::uint8_t used;
  std::uint8_t cause[24];
  std::uint32_t attempt;
};

class SuspectFile final : public SuspectSlot {
 public:
  explicit SuspectFile(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
    void* memory = MAP_FAILED;
    if (::ftruncate(fd, kFileBytes) == 0) memory = ::mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const int error = errno;
    ::close(fd);
    if (memory == MAP_FAILED) throw std::system_error(error, std::generic_category(), path);
    layout_ = static_cast<volatile Layout*>(memory);
  }
  SuspectFile(const SuspectFile&) = delete;
  SuspectFile& operator=(const SuspectFile&) = delete;
  ~SuspectFile() override { ::munmap(const_cast<Layout*>(layout_), kFileBytes); }

  std::optional<Suspect> found() const override {
    if (layout_->used == 0) return std::nullopt;
    Suspect suspect;
    for (std::size_t i = 0; i < suspect.cause.size(); ++i) suspect.cause[i] = layout_->cause[i];
    suspect.attempt = layout_->attempt;
    return suspect;
  }
  void set(const Suspect& suspect) override {
    for (std::size_t i = 0; i < suspect.cause.size(); ++i) layout_->cause[i] = suspect.cause[i];
    layout_->attempt = suspect.attempt;
    layout_->used = 1;
  }
  void clear() override { layout_->used = 0; }

 private:
  volatile Layout* layout_ = nullptr;
};

}  // namespace

std::unique_ptr<SuspectSlot> open_suspect_file(const std::string& path) { return std::make_unique<SuspectFile>(path); }

}  // namespace lienthong::ledger
