#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/instant.h"
#include "platform/base/position.h"
#include "platform/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lienthong::block {

namespace v1 = ::lienthong::ledger::v1;

/// Version of the record format this build writes and the newest it reads.
inline constexpr std::uint16_t kFormat = 1;

/// A record as the log stores it: `header` is the record header `h`, `value` the record's value.
struct Record {
  std::string header;
  std::string value;
  bool operator==(const Record&) const = default;
};

/// The fixed part in front of a block (docs/ledger.md). Encoded big-endian in the order of the fields.
struct Header {
  std::uint16_t version = kFormat;
  LedgerId ledger_id;
  std::uint64_t block_seq = 0;
  Hash prev;
  std::uint16_t min_reader = kFormat;
  Hash mac;            ///< 32 zero bytes until a key is configured.
  std::string writer;  ///< Address of the writer, a hint only.
};

/// One block, parsed and hashed once, then shared by all its readers.
/// Thread-safety: immutable.
class Block {
 public:
  const Header& header() const { return header_; }
  /// False: the header was read, core or leaves were not; then there is no core, leaf or hash.
  bool readable() const { return readable_; }
  const v1::Core& core() const { return core_; }
  const Hash& hash() const { return hash_; }
  const Record& record() const { return record_; }
  std::size_t leaf_count() const { return leaves_.size(); }
  /// The encoded decision; valid as long as the block.
  std::string_view leaf_bytes(std::size_t index) const { return leaves_[index]; }
  const Hash& leaf_hash(std::size_t index) const { return leaf_hashes_[index]; }
  std::uint64_t leaf_events(std::size_t index) const { return core_.leaf_events(static_cast<int>(index)); }
  std::size_t size_bytes() const { return record_.header.size() + record_.value.size(); }

 private:
  friend Result<std::shared_ptr<const Block>> parse(const LedgerPartition&, Record);
  Record record_;
  Header header_;
  v1::Core core_;
  std::vector<std::string_view> leaves_;
  std::vector<Hash> leaf_hashes_;
  Hash hash_;
  bool readable_ = false;
};
using BlockPtr = std::shared_ptr<const Block>;

/// Reads a record of `partition` and computes its hash.
/// Errors: kInvalidArgument when the header can't be read (rule 0 of the fold). A block whose value can't be read is
/// returned as not `readable` (rule 3).
Result<BlockPtr> parse(const LedgerPartition& partition, Record record);

/// Encodes a block. Fills `leaf_size` of the core; `leaf_events` must be set, one per leaf.
Record encode(const Header& header, v1::Core core, const std::vector<std::string>& leaves);

std::string encode_header(const Header& header);
Result<Header> decode_header(std::string_view bytes);

/// Deterministic protobuf encoding: what is hashed is always written by this.
std::string encode_message(const google::protobuf::MessageLite& message);

/// Block 0 of a partition. Written by the deploy tool only.
Record genesis(const v1::Genesis& genesis, Instant decided_at);

}  // namespace lienthong::block
