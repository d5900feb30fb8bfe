#include "intake/adapters/sealed_contents.h"

#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <algorithm>

namespace lienthong::intake {
namespace {

namespace ledger_v1 = ::lienthong::ledger::v1;

constexpr std::size_t kCreditBytes = std::size_t{4} << 20;
constexpr std::chrono::milliseconds kRetryAfter{200};
// How long content is gathered for a transaction, and the time after which a position is kept that no content moved with.
constexpr std::chrono::milliseconds kStoreEvery{50};
constexpr std::chrono::seconds kPositionEvery{1};
constexpr std::string_view kPositionPrefix = "position ";
constexpr std::string_view kContentPrefix = "c";

std::string position_name(const LedgerPartition& partition) {
  return std::string(kPositionPrefix) + partition.ledger + "/" + std::to_string(partition.partition);
}
std::string content_name(const Hash& sha256) { return std::string(kContentPrefix) + std::string(sha256.view()); }

}  // namespace

// One partition: where it is, and the head of the chain; the fold of a foreign reader (rules 0..3, chain only).
struct SealedContents::Reader {
  LedgerPartition partition;
  Offset next = 0;
  std::uint64_t head_seq = 0;
  Hash head_hash;
  std::atomic<std::uint64_t> folded = 0;
  bool failed = false;

  std::string encode() const {
    std::string out;
    append_u64_be(out, static_cast<std::uint64_t>(next));
    append_u64_be(out, head_seq);
    out += head_hash.view();
    return out;
  }
  bool decode(std::string_view bytes) {
    if (bytes.size() != 16 + Hash::kSize) return false;
    next = static_cast<Offset>(read_u64_be(bytes));
    head_seq = read_u64_be(bytes.substr(8));
    head_hash = *Hash::from(bytes.substr(16));
    folded = head_seq;
    return true;
  }
  bool extends(const block::Block& block) const {
    const auto& header = block.header();
    if (next == 0) return header.block_seq == 0;
    return header.block_seq == head_seq + 1 && header.prev == head_hash;
  }
};

SealedContents::SealedContents(Settings settings, std::unique_ptr<sqlite::BlobStore> store, KeyStore& keys, Alarm alarm)
    : settings_(std::move(settings)), store_(std::move(store)), keys_(keys), alarm_(std::move(alarm)) {
  for (const auto& partition : settings_.partitions) {
    auto reader = std::make_unique<Reader>();
    reader->partition = partition;
    by_follow_.push_back(reader.get());
    readers_.emplace(partition, std::move(reader));
  }
}

Result<std::unique_ptr<SealedContents>> SealedContents::open(Settings settings, ports::LogBackend& log, KeyStore& keys,
                                                             Alarm alarm) {
  auto file = sqlite::BlobStore::open(settings.path, sqlite::BlobStore::Durability::kRebuildable);
  if (!file) return failure(file.error());
  std::unique_ptr<SealedContents> contents(
      new SealedContents(std::move(settings), std::move(*file), keys, std::move(alarm)));
  if (const auto loaded = contents->load_positions(); !loaded) return failure(loaded.error());
  contents->thread_ = std::thread([raw = contents.get(), &log] { raw->run(log); });
  return contents;
}

SealedContents::~SealedContents() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> SealedContents::load_positions() {
  for (auto& [partition, reader] : readers_) {
    const auto stored = store_->get(position_name(partition));
    if (!stored) return failure(stored.error());
    if (*stored && !reader->decode(**stored)) alarm_("SEALED_CONTENTS_POSITION", position_name(partition));
  }
  return {};
}

void SealedContents::remember(const Hash& sha256, const std::string& ciphertext) {
  const std::lock_guard lock(recent_mutex_);
  if (!recent_.emplace(sha256, ciphertext).second) return;
  recent_order_.push_back(sha256);
  recent_bytes_ += ciphertext.size();
  while (recent_bytes_ > settings_.recent_bytes_max && recent_order_.size() > 1) {
    const auto oldest = recent_.find(recent_order_.front());
    recent_order_.pop_front();
    recent_bytes_ -= oldest->second.size();
    recent_.erase(oldest);
  }
}

Result<std::string> SealedContents::find(const Hash& sha256) {
  {
    const std::lock_guard lock(recent_mutex_);
    if (const auto found = recent_.find(sha256); found != recent_.end()) return found->second;
  }
  auto stored = store_->get(content_name(sha256));
  if (!stored) return failure(stored.error());
  if (!*stored) {
    return failure({ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE",
                    "Nội dung niêm phong chưa đọc tới; hãy thử lại sau giây lát.",
                    "The sealed content has not been read yet; try again soon."});
  }
  return std::move(**stored);
}

std::uint64_t SealedContents::position(const LedgerPartition& partition) const {
  const auto found = readers_.find(partition);
  return found == readers_.end() ? 0 : found->second->folded.load();
}

void SealedContents::on_log(ports::LogMessage message) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(message));
  }
  if (first) wake_.notify_one();
}

void SealedContents::run(ports::LogBackend& backend) {
  auto log = backend.attach(*this);
  for (std::size_t i = 0; i < by_follow_.size(); ++i) {
    log->follow(i, by_follow_[i]->partition, by_follow_[i]->next);
    log->credit(i, kCreditBytes);
  }
  std::vector<ports::LogMessage> messages;
  std::vector<sqlite::BlobStore::Entry> entries;
  std::vector<std::string> erased;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return ending_ || !inbox_.empty(); });
      // What comes within the pause goes into the same transaction.
      if (wake_.wait_for(lock, kStoreEvery, [&] { return ending_; })) return;
      messages.swap(inbox_);
    }
    for (const auto& message : messages) {
      if (const auto* fetched = std::get_if<ports::Fetched>(&message)) {
        take(*fetched, entries, erased);
        log->credit(fetched->follow, fetched->block ? fetched->block->size_bytes() : 0);
      } else if (const auto* failed = std::get_if<ports::FollowFailed>(&message)) {
        alarm_("SEALED_CONTENTS_STOPPED", by_follow_[failed->follow]->partition.topic() + ": " + failed->detail);
      }
    }
    messages.clear();
    const auto now = std::chrono::steady_clock::now();
    if (entries.empty() && erased.empty() && now < positions_kept_ + kPositionEvery) {
      note_folded();
      continue;
    }
    positions_kept_ = now;
    while (!store(entries, erased)) {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kRetryAfter, [&] { return ending_; })) return;
    }
  }
}

void SealedContents::take(const ports::Fetched& fetched, std::vector<sqlite::BlobStore::Entry>& out,
                          std::vector<std::string>& erased) {
  auto& reader = *by_follow_[fetched.follow];
  if (reader.failed || fetched.offset < reader.next) return;
  const bool effective = fetched.block != nullptr && reader.extends(*fetched.block);
  if (!effective) {
    reader.next = fetched.offset + 1;
    return;
  }
  const auto& block = *fetched.block;
  for (std::size_t i = 0; i < block.leaf_count(); ++i) {
    ledger_v1::Leaf leaf;
    if (!leaf.ParseFromArray(block.leaf_bytes(i).data(), static_cast<int>(block.leaf_bytes(i).size()))) {
      reader.failed = true;
      alarm_("SEALED_CONTENTS_UNREADABLE", reader.partition.topic() + " offset " + std::to_string(fetched.offset));
      return;
    }
    for (const auto& part : leaf.sealed())
      out.emplace_back(content_name(crypto::sha256({part.ciphertext()})), part.ciphertext());
    if (reader.partition.ledger != "intake") continue;
    for (const auto& event : leaf.events()) {
      if (event.type() != v1::EVENT_TYPE_PERSONAL_DATA_ERASED) continue;
      v1::PersonalDataErased content;
      if (content.ParseFromString(event.payload()))
        erased.insert(erased.end(), content.key_refs().begin(), content.key_refs().end());
    }
  }
  reader.next = fetched.offset + 1;
  reader.head_seq = block.header().block_seq;
  reader.head_hash = block.hash();
}

// The keys go before the position moves on: an interrupted erasure is seen again.
bool SealedContents::store(std::vector<sqlite::BlobStore::Entry>& entries, std::vector<std::string>& erased) {
  if (!erased.empty() && !keys_.erase(erased)) return false;
  erased.clear();
  for (const auto* reader : by_follow_) entries.emplace_back(position_name(reader->partition), reader->encode());
  if (!store_->put(entries)) return false;
  entries.clear();
  note_folded();
  return true;
}

void SealedContents::note_folded() {
  for (auto* reader : by_follow_) reader->folded = reader->head_seq;
}

}  // namespace lienthong::intake
