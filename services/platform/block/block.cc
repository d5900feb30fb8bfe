#include "platform/block/block.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <utility>

namespace lienthong::block {
namespace {

constexpr std::size_t kHeaderFixedBytes = 2 + 16 + 8 + 32 + 2 + 32;
constexpr std::size_t kWriterBytesMax = 255;

Hash block_hash(const LedgerPartition& partition, const Header& header, std::string_view core,
                const std::vector<Hash>& leaves) {
  thread_local crypto::Sha256 hasher;
  const std::string topic = partition.topic();
  std::string front = "blk1";
  append_u16_be(front, static_cast<std::uint16_t>(topic.size()));
  front += topic;
  front += header.ledger_id.view();
  append_u32_be(front, partition.partition);
  append_u64_be(front, header.block_seq);
  front += header.prev.view();
  const Hash core_hash = crypto::sha256({core});
  hasher.update(front).update(core_hash.view());
  for (const auto& leaf : leaves) hasher.update(leaf.view());
  return hasher.finish();
}

template <class T>
bool take(std::string_view& bytes, T& out) {
  if (bytes.size() < T::kSize) return false;
  out = *T::from(bytes.substr(0, T::kSize));
  bytes.remove_prefix(T::kSize);
  return true;
}

}  // namespace

std::string encode_message(const google::protobuf::MessageLite& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

std::string encode_header(const Header& header) {
  std::string out;
  out.reserve(kHeaderFixedBytes + header.writer.size());
  append_u16_be(out, header.version);
  out += header.ledger_id.view();
  append_u64_be(out, header.block_seq);
  out += header.prev.view();
  append_u16_be(out, header.min_reader);
  out += header.mac.view();
  out += std::string_view(header.writer).substr(0, kWriterBytesMax);
  return out;
}

Result<Header> decode_header(std::string_view bytes) {
  if (bytes.size() < kHeaderFixedBytes) return malformed("block header too short");
  Header header;
  header.version = read_u16_be(bytes);
  bytes.remove_prefix(2);
  take(bytes, header.ledger_id);
  header.block_seq = read_u64_be(bytes);
  bytes.remove_prefix(8);
  take(bytes, header.prev);
  header.min_reader = read_u16_be(bytes);
  bytes.remove_prefix(2);
  take(bytes, header.mac);
  header.writer = std::string(bytes);
  return header;
}

Record encode(const Header& header, v1::Core core, const std::vector<std::string>& leaves) {
  core.clear_leaf_size();
  std::size_t total = 0;
  for (const auto& leaf : leaves) {
    core.add_leaf_size(static_cast<std::uint32_t>(leaf.size()));
    total += leaf.size();
  }
  const std::string core_bytes = encode_message(core);
  Record record;
  record.header = encode_header(header);
  record.value.reserve(4 + core_bytes.size() + total);
  append_u32_be(record.value, static_cast<std::uint32_t>(core_bytes.size()));
  record.value += core_bytes;
  for (const auto& leaf : leaves) record.value += leaf;
  return record;
}

Result<BlockPtr> parse(const LedgerPartition& partition, Record record) {
  auto header = decode_header(record.header);
  if (!header) return failure(header.error());
  auto block = std::make_shared<Block>();
  block->record_ = std::move(record);
  block->header_ = *std::move(header);
  std::string_view rest = block->record_.value;
  if (rest.size() < 4) return BlockPtr(std::move(block));
  const std::size_t core_size = read_u32_be(rest);
  rest.remove_prefix(4);
  if (core_size > rest.size()) return BlockPtr(std::move(block));
  const std::string_view core_bytes = rest.substr(0, core_size);
  rest.remove_prefix(core_size);
  auto& core = block->core_;
  if (!core.ParseFromArray(core_bytes.data(), static_cast<int>(core_bytes.size()))) return BlockPtr(std::move(block));
  if (core.leaf_size_size() != core.leaf_events_size()) return BlockPtr(std::move(block));
  for (const auto size : core.leaf_size()) {
    if (size > rest.size()) return BlockPtr(std::move(block));
    block->leaves_.push_back(rest.substr(0, size));
    block->leaf_hashes_.push_back(crypto::sha256({block->leaves_.back()}));
    rest.remove_prefix(size);
  }
  block->readable_ = rest.empty();
  block->hash_ = block_hash(partition, block->header_, core_bytes, block->leaf_hashes_);
  return BlockPtr(std::move(block));
}

Record genesis(const v1::Genesis& genesis, Instant decided_at) {
  Header header;
  if (auto id = LedgerId::from(genesis.ledger_id())) header.ledger_id = *id;
  v1::Core core;
  core.set_kind(v1::Core::KIND_GENESIS);
  core.set_decided_at(decided_at.micros);
  *core.mutable_genesis() = genesis;
  return encode(header, std::move(core), {});
}

}  // namespace lienthong::block
