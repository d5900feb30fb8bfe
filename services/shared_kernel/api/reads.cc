#include "shared_kernel/api/reads.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace lienthong::shared_kernel::api {
namespace {

constexpr int kPageSizeDefault = 50;
constexpr int kPageSizeMax = 200;
constexpr std::size_t kFilterHashBytes = 8;

// A token names the last entry and the list it belongs to, so that it can't go on in another list.
std::string filter_hash(const ListQuery& wanted) {
  std::string text = wanted.ledger + '\n' + wanted.index + '\n' + std::to_string(wanted.from_score) + '\n' +
                     std::to_string(wanted.until_score) + (wanted.descending ? "\nd" : "\na");
  for (const auto& key : wanted.keys) text += '\n' + key;
  return std::string(crypto::sha256({text}).view().substr(0, kFilterHashBytes));
}

std::string encode_token(const ListQuery& wanted, const ports::IndexHit& last) {
  std::string raw = filter_hash(wanted);
  append_u64_be(raw, static_cast<std::uint64_t>(last.score));
  raw += last.dossier.view();
  raw += last.suffix;
  return to_hex(raw);
}

Result<std::optional<ports::IndexHit>> decode_token(const ListQuery& wanted, const std::string& token) {
  if (token.empty()) return std::optional<ports::IndexHit>{};
  constexpr std::size_t kFixed = kFilterHashBytes + 8 + DossierId::kSize;
  const auto raw = from_hex(token);
  if (!raw || raw->size() < kFixed || raw->substr(0, kFilterHashBytes) != filter_hash(wanted)) {
    return failure({ErrorCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                    "Mã trang không thuộc danh sách này; hãy bắt đầu lại không kèm mã trang.",
                    "The page token is not of this list; start again without one."});
  }
  ports::IndexHit hit;
  hit.score = static_cast<std::int64_t>(read_u64_be(std::string_view(*raw).substr(kFilterHashBytes)));
  hit.dossier = *DossierId::from(std::string_view(*raw).substr(kFilterHashBytes + 8, DossierId::kSize));
  hit.suffix = raw->substr(kFixed);
  return std::optional(std::move(hit));
}

Error not_reached(std::uint64_t wanted) {
  return {ErrorCode::kUnavailable, "READ_UNAVAILABLE", "Phía đọc chưa tới khối " + std::to_string(wanted) + "; hãy thử lại.",
          "The read side has not reached block " + std::to_string(wanted) + "; try again."};
}

}  // namespace

Error too_many_reads() {
  return {ErrorCode::kResourceExhausted, "QUEUE_FULL", "Quá nhiều yêu cầu đọc cùng lúc; hãy thử lại sau.",
          "Too many reads at once; try again after the given delay."};
}

Result<std::uint64_t> DossierReads::min_block(const DossierName& dossier, const api_v1::Position& position) const {
  if (position.service().empty() && position.block_seq() == 0) return 0;
  if (position.service() != commands_.ledger() || position.partition() != commands_.partition_of(dossier)) {
    return failure(rpc::invalid_field("min_position", "vị trí thuộc sổ cái hoặc phân vùng khác.",
                                      "the position is of another ledger or partition."));
  }
  return position.block_seq();
}

void DossierReads::read(const DossierName& dossier, std::uint64_t min_block_seq, Instant deadline, Done done) const {
  read(commands_.partition_of(dossier), dossier.id, min_block_seq, deadline, std::move(done));
}

void DossierReads::read(std::uint32_t partition, const DossierId& dossier, std::uint64_t min_block_seq, Instant deadline,
                        Done done) const {
  ledger::ReadRequest request;
  request.dossier = dossier;
  request.min_block_seq = min_block_seq;
  request.deadline = deadline;
  request.reply = [this, partition, id = dossier, min_block_seq, done = std::move(done)](ledger::Reply reply) {
    if (!reply.error) return done(ReadDossier{std::move(reply.value), reply.block_seq});
    if (reply.error->reason != "NOT_OWNER") return done(failure(std::move(*reply.error)));
    const auto queued = pool_.post([this, partition, id, min_block_seq, done] {
      done(from_projection({commands_.ledger(), partition}, id, min_block_seq));
    });
    if (!queued) done(failure(too_many_reads()));
  };
  commands_.gateway().read(partition, std::move(request));
}

Result<ReadDossier> DossierReads::from_projection(const LedgerPartition& partition, const DossierId& dossier,
                                                  std::uint64_t min_block_seq) const {
  // The position is read first: the value is at least as new.
  const auto meta = query_.meta(partition);
  if (!meta) return failure(meta.error());
  const std::uint64_t head = *meta ? (*meta)->head_seq() : 0;
  if (!*meta || head < min_block_seq) return failure(not_reached(std::max<std::uint64_t>(min_block_seq, 1)));
  const auto stored = query_.value(partition, dossier);
  if (!stored) return failure(stored.error());
  ReadDossier read{nullptr, std::max(head, stored->asof)};
  if (stored->asof == 0) return read;
  auto value = std::make_shared<::lienthong::ledger::v1::DossierValue>();
  if (!value->ParseFromString(stored->bytes)) return malformed("stored value of a dossier");
  read.value = std::move(value);
  return read;
}

Result<ListPage> list(ports::Query& query, const ListQuery& wanted, const api_v1::PageRequest& page) {
  if (page.page_size() < 0 || page.page_size() > kPageSizeMax) {
    return failure(rpc::invalid_field("page.page_size", "phải từ 1 đến 200.", "must be 1 to 200."));
  }
  const auto size = static_cast<std::size_t>(page.page_size() == 0 ? kPageSizeDefault : page.page_size());
  const auto after = decode_token(wanted, page.page_token());
  if (!after) return failure(after.error());

  struct Found {
    ports::IndexHit hit;
    ports::StoredValue value;
    std::uint32_t partition;
  };
  std::vector<Found> found;
  ListPage out;
  std::vector<std::uint64_t> totals(wanted.keys.size());
  for (std::uint32_t p = 0; p < wanted.partitions; ++p) {
    std::uint64_t head = UINT64_MAX;
    for (std::size_t k = 0; k < wanted.keys.size(); ++k) {
      ports::IndexQuery part{{wanted.ledger, p}, wanted.index, wanted.keys[k], wanted.from_score, *after,
                             wanted.descending,  size + 1};
      // Descending, the upper end is a place to go on from.
      if (!part.after && wanted.descending && wanted.until_score != INT64_MAX)
        part.after.emplace().score = wanted.until_score;
      if (part.after) part.after->key = wanted.keys[k];
      auto answer = query.page(part);
      if (!answer) return failure(answer.error());
      head = std::min(head, answer->head_seq);
      totals[k] += answer->total;
      for (std::size_t i = 0; i < answer->hits.size(); ++i) {
        found.push_back({std::move(answer->hits[i]), std::move(answer->values[i]), p});
      }
    }
    auto& position = *out.page.add_positions();
    position.set_service(wanted.ledger);
    position.set_partition(p);
    position.set_block_seq(head == UINT64_MAX ? 0 : head);
  }
  if (!*after) {
    for (std::size_t k = 0; k < wanted.keys.size(); ++k) out.totals.emplace_back(wanted.keys[k], totals[k]);
  }
  const auto order = [](const Found& f) { return std::tie(f.hit.score, f.hit.dossier, f.hit.suffix); };
  std::sort(found.begin(), found.end(),
            [&](const Found& a, const Found& b) { return wanted.descending ? order(b) < order(a) : order(a) < order(b); });
  const bool more = found.size() > size;
  if (more) found.resize(size);
  if (more) out.page.set_next_page_token(encode_token(wanted, found.back().hit));
  for (auto& entry : found) {
    if (entry.hit.score < wanted.from_score || entry.hit.score >= wanted.until_score || entry.value.asof == 0) continue;
    ListedDossier listed{std::move(entry.hit), entry.partition, {}};
    if (listed.value.ParseFromString(entry.value.bytes)) out.entries.push_back(std::move(listed));
  }
  return out;
}

}  // namespace lienthong::shared_kernel::api
