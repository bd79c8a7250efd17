#include "spec/fingerprint.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/output_file.h"

namespace turbodiff::spec {
namespace {

using nlohmann::json;

constexpr std::uint64_t edge_length = 1u << 20;
constexpr std::size_t most_entries = 1024;
constexpr int cache_version = 1;

void add_number(core::Sha256& hash, std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  for (auto& byte : bytes) {
    byte = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
  hash.update(bytes);
}

void add_range(core::Sha256& hash, const std::filesystem::path& path, ByteRange range) {
  add_number(hash, range.offset);
  add_number(hash, range.length);
  if (range.length > 0) hash.update_from_file(path, range.offset, range.length);
}

struct stat stat_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    throw Error::bad_request(fmt::format("cannot read '{}': {}", file.string(), std::strerror(errno)));
  if (!S_ISREG(info.st_mode))
    throw Error::bad_request(fmt::format("'{}' is not a regular file", file.string()));
  return info;
}

}  // namespace

std::string compute_file_fingerprint(const std::filesystem::path& path) {
  const auto size = static_cast<std::uint64_t>(stat_of(path).st_size);
  const std::uint64_t edge = std::min(size, edge_length);
  core::Sha256 hash;
  hash.update(std::string_view("turbodiff file 1"));
  add_number(hash, size);
  add_range(hash, path, header_range(path));
  add_range(hash, path, {0, edge});
  add_range(hash, path, {size - edge, edge});
  return hash.hex();
}

FingerprintCache::FingerprintCache(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  file_ = folder / "fingerprints.json";
  std::ifstream in(file_, std::ios::binary);
  const json document = json::parse(in, nullptr, false);
  if (!document.is_object() || document.value("version", json()) != cache_version) return;
  const auto files = document.find("files");
  if (files == document.end() || !files->is_object()) return;
  const auto text = [](const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  for (const auto& [key, value] : files->items())
    if (value.is_object()) entries_[key] = {text(value, "fingerprint"), text(value, "sha256")};
  const auto last = document.find("last_sha256");
  if (last == document.end() || !last->is_object()) return;
  for (const auto& [path, sum] : last->items())
    if (sum.is_string()) last_sha256_[path] = sum.get<std::string>();
}

std::string FingerprintCache::key_of(const std::filesystem::path& file) {
  const struct stat info = stat_of(file);
  return fmt::format("{}:{}:{}:{}", info.st_dev, info.st_ino, info.st_size,
                     static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec);
}

std::string FingerprintCache::fingerprint_of(const std::filesystem::path& file) {
  Entry& entry = entries_[key_of(file)];
  if (entry.fingerprint.empty()) {
    entry.fingerprint = compute_file_fingerprint(file);
    changed_ = true;
  }
  return entry.fingerprint;
}

std::optional<std::string> FingerprintCache::recorded_sha256(const std::filesystem::path& file) const {
  const auto found = entries_.find(key_of(file));
  if (found == entries_.end() || found->second.sha256.empty()) return std::nullopt;
  return found->second.sha256;
}

void FingerprintCache::record_sha256(const std::filesystem::path& file, const std::string& sha256) {
  entries_[key_of(file)].sha256 = sha256;
  last_sha256_[std::filesystem::absolute(file).lexically_normal().string()] = sha256;
  changed_ = true;
}

std::optional<std::string> FingerprintCache::last_sha256(const std::filesystem::path& file) const {
  const auto found = last_sha256_.find(std::filesystem::absolute(file).lexically_normal().string());
  return found == last_sha256_.end() ? std::nullopt : std::optional(found->second);
}

bool FingerprintCache::save() noexcept {
  if (!changed_ || file_.empty()) return true;
  try {
    json files = json::object();
    for (const auto& [key, entry] : entries_) {
      if (files.size() == most_entries) break;
      json& value = files[key] = {{"fingerprint", entry.fingerprint}};
      if (!entry.sha256.empty()) value["sha256"] = entry.sha256;
    }
    json last = json::object();
    for (const auto& [path, sum] : last_sha256_)
      if (last.size() < most_entries) last[path] = sum;
    std::filesystem::create_directories(file_.parent_path());
    core::OutputFile output(file_, true);
    std::ofstream(output.temp_path(), std::ios::binary)
        << json{{"version", cache_version}, {"files", files}, {"last_sha256", last}}.dump(
               1, ' ', false, json::error_handler_t::replace)
        << '\n';
    output.commit();
    changed_ = false;
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::string fingerprint_of(const ModelFiles& files, FingerprintCache& cache) {
  core::Sha256 hash;
  hash.update(std::string_view("turbodiff model 1"));
  for (const auto& [role, path] : files.present())
    for (const auto& file : files_behind(path))
      hash.update(fmt::format("\n{} {}", role, cache.fingerprint_of(file)));
  return hash.hex();
}

std::vector<std::filesystem::path> files_behind(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files = {path};
  if (!path.filename().string().ends_with(".index.json")) return files;
  std::ifstream in(path, std::ios::binary);
  const json index = json::parse(in, nullptr, false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) return files;
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : index["weight_map"].items())
    if (shard.is_string()) shards.insert(shard.get<std::string>());
  for (const std::string& shard : shards) files.push_back(path.parent_path() / shard);
  return files;
}

}  // namespace turbodiff::spec
