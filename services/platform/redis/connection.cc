#include "platform/redis/connection.h"

#include "platform/redis/functions.h"

#include <hiredis/hiredis.h>

#include <csignal>
#include <fstream>
#include <mutex>
#include <utility>

namespace lienthong::redis {
namespace {

timeval to_timeval(std::chrono::milliseconds duration) {
  return {duration.count() / 1000, (duration.count() % 1000) * 1000};
}

std::string read_password(const std::string& path) {
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password)) throw ConnectionFailure{"the password file " + path + " can't be read"};
  return password;
}

// hiredis 0.14 writes to sockets in a way that ends the process when the other end is gone.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    if (sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
  });
}

}  // namespace

Reply::Reply(redisReply* reply) : root_(reply, [](redisReply* r) { freeReplyObject(r); }), node_(reply) {}
bool Reply::is_error() const { return node_->type == REDIS_REPLY_ERROR; }
bool Reply::is_nil() const { return node_->type == REDIS_REPLY_NIL; }
bool Reply::is_array() const { return node_->type == REDIS_REPLY_ARRAY; }
std::string_view Reply::text() const {
  return node_->str == nullptr ? std::string_view() : std::string_view(node_->str, node_->len);
}
std::int64_t Reply::integer() const { return node_->integer; }
std::size_t Reply::size() const { return node_->elements; }
Reply Reply::operator[](std::size_t index) const { return Reply(root_, node_->element[index]); }

void Connection::Free::operator()(redisContext* context) const { redisFree(context); }

Connection::Connection(const Settings& settings)
    : context_(redisConnectUnixWithTimeout(settings.socket_path.c_str(), to_timeval(settings.connect_timeout))) {
  ignore_broken_pipes();
  if (!context_) throw ConnectionFailure{"out of memory"};
  if (context_->err != 0) throw ConnectionFailure{settings.socket_path + ": " + context_->errstr};
  redisSetTimeout(context_.get(), to_timeval(settings.timeout));
  // By default the reader frees a buffer above 16 KiB after each answer and grows it again for the next.
  context_->reader->maxbuf = 0;
  if (!settings.password_file.empty()) {
    const auto reply = call({"AUTH", settings.user, read_password(settings.password_file)});
    if (reply.is_error()) throw ConnectionFailure{std::string(reply.text())};
  }
}

void Connection::send(const Arguments& arguments) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  data.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const auto& argument : arguments) {
    data.push_back(argument.data() == nullptr ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(data.size()), data.data(), sizes.data()) != REDIS_OK) {
    throw ConnectionFailure{context_->errstr};
  }
}

Reply Connection::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) throw ConnectionFailure{context_->errstr};
  return Reply(static_cast<redisReply*>(reply));
}

void Connection::load_functions() {
  const auto reply = call({"FUNCTION", "LOAD", "REPLACE", kFunctionLibrary});
  if (reply.is_error()) throw ConnectionFailure{"FUNCTION LOAD: " + std::string(reply.text())};
}

bool is_function_missing(const Reply& reply) {
  return reply.is_error() && reply.text().find("Function not found") != std::string_view::npos;
}

}  // namespace lienthong::redis
