#include "weights/tensor_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/os/foreign_file.h"
#include "weights/byte_reader.h"
#include "weights/gguf.h"
#include "weights/safetensors.h"
#include "weights/torch_zip.h"

namespace turbodiff::weights {
namespace {

constexpr std::size_t largest_index = 64u << 20;
constexpr std::size_t most_shards = 1000;
const char* const supported_formats = "supported are .pth (torch.save), .safetensors and .gguf";

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// The format by its first bytes; says what a file is that cannot be read, where it is a common mistake.
FileFormat detect(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (starts_with(bytes, "PK\x03\x04")) return FileFormat::torch_zip;
  if (starts_with(bytes, "GGUF")) return FileFormat::gguf;
  if (starts_with(bytes, std::string_view("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14)))
    bad_file(where, "it is in the format that torch.save wrote before PyTorch 1.6",
             "load it with torch.load and save it again with torch.save");
  if (const auto foreign = core::recognise_foreign_file(bytes)) bad_file(where, foreign->what, foreign->hint);
  if (starts_with(bytes, "PK\x05\x06")) bad_file(where, "it is an empty zip archive");
  if (bytes.size() >= 9 && bytes[8] == '{') return FileFormat::safetensors;
  if (bytes.size() > 1 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
    bad_file(where, "it is a bare pickle, not the archive that torch.save writes",
             "load it with its own tools and save the state dictionary with torch.save");
  if (starts_with(bytes, "FUGG")) bad_file(where, "it is a byte-swapped GGUF file", supported_formats);
  bad_file(where, "its format is not known", supported_formats);
}

TensorTable read_table(FileFormat format, const FileBytes& file) {
  switch (format) {
    case FileFormat::torch_zip:
      return read_torch_zip(file);
    case FileFormat::safetensors:
      return read_safetensors(file);
    case FileFormat::gguf:
      break;
  }
  return read_gguf(file);
}

/// All shards must be there before one is opened: all missing ones are reported at once.
void require_shards(const std::filesystem::path& index,
                    const std::map<std::string, std::vector<std::string>>& wanted) {
  std::vector<std::string> missing;
  for (const auto& [name, tensors] : wanted) {
    std::error_code ignored;
    if (!std::filesystem::exists(index.parent_path() / name, ignored)) missing.push_back(name);
  }
  if (missing.empty()) return;
  std::string message =
      "'" + index.string() + "' needs the shard '" + printable(missing.front()) + "', which is not beside it";
  if (missing.size() > 1)
    message += ", and " + std::to_string(missing.size() - 1) + " more of its " +
               std::to_string(wanted.size()) + " shards are missing";
  throw Error::bad_request(message, "get all shards of the model and keep them beside the index");
}

/// The index of shards in `folder`, else its only model file.
std::filesystem::path file_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> indices, models;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".safetensors.index.json")) indices.push_back(entry.path());
    for (const char* extension : {".safetensors", ".pth", ".gguf"})
      if (name.ends_with(extension)) models.push_back(entry.path());
  }
  if (indices.size() == 1) return indices.front();
  if (indices.empty() && models.size() == 1) return models.front();
  throw Error::bad_request(
      "'" + folder.string() + "' is a folder with " + std::to_string(models.size()) + " model files",
      "name the file");
}

}  // namespace

std::string_view name_of(FileFormat format) {
  switch (format) {
    case FileFormat::torch_zip:
      return "pth";
    case FileFormat::safetensors:
      return "safetensors";
    case FileFormat::gguf:
      break;
  }
  return "gguf";
}

TensorSource::TensorSource(FileFormat format, std::filesystem::path path)
    : format_(format), path_(std::move(path)) {}

std::shared_ptr<const TensorSource> TensorSource::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open(file_in(path));
  auto file = core::MappedFile::open(path);
  if (path.extension() == ".json") return open_index(std::move(file));
  const FileFormat format = detect(file->bytes(), path.string());
  std::shared_ptr<TensorSource> source(new TensorSource(format, path));
  source->append(read_table(format, {file->bytes(), file, path.string()}), file);
  return source;
}

std::shared_ptr<const TensorSource> TensorSource::open_index(std::shared_ptr<const core::MappedFile> index) {
  const std::string where = index->path().string();
  const auto bytes = index->bytes();
  if (bytes.size() > largest_index) bad_file(where, "it is too large for an index of shards");
  const auto document = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  const auto map = document.is_object() ? document.find("weight_map") : document.end();
  if (const auto foreign = core::recognise_foreign_file(bytes)) bad_file(where, foreign->what, foreign->hint);
  if (!document.is_object() || map == document.end() || !map->is_object() || map->empty())
    bad_file(where, "it is no index of safetensors shards",
             "pass a model file, or its *.safetensors.index.json");

  std::map<std::string, std::vector<std::string>> wanted;
  for (const auto& [tensor, shard] : map->items()) {
    const std::string file = shard.is_string() ? shard.get<std::string>() : std::string();
    if (file.empty() || file == "." || file == ".." || file.find('/') != std::string::npos ||
        file.find('\0') != std::string::npos)
      bad_file(where, "tensor '" + printable(tensor) + "' is not in a file beside the index");
    wanted[file].push_back(tensor);
  }
  if (wanted.size() > most_shards) bad_file(where, "it names more than 1,000 shards");
  require_shards(index->path(), wanted);

  std::shared_ptr<TensorSource> source(new TensorSource(FileFormat::safetensors, index->path()));
  source->files_.push_back({index, {{0, bytes.size()}}});
  for (const auto& [name, tensors] : wanted) {
    auto shard = core::MappedFile::open(index->path().parent_path() / name);
    const std::string shard_name = shard->path().string();
    if (detect(shard->bytes(), shard_name) != FileFormat::safetensors)
      bad_file(shard_name, "it is a shard, yet no safetensors file");
    source->append(read_safetensors({shard->bytes(), shard, shard_name}), shard);
    for (const std::string& tensor : tensors)
      if (!source->find(tensor))
        bad_file(shard_name,
                 "it lacks tensor '" + printable(tensor) + "', which the index " + where + " expects in it");
  }
  return source;
}

void TensorSource::append(TensorTable&& table, std::shared_ptr<const core::MappedFile> file) {
  const std::string where = file->path().string();
  files_.push_back({std::move(file), std::move(table.header)});
  metadata_.merge(table.metadata);
  for (TensorView& tensor : table.tensors) {
    if (!index_.emplace(tensor.name, tensors_.size()).second)
      bad_file(where, "tensor '" + printable(tensor.name) + "' is in another shard, too");
    names_.push_back(tensor.name);
    tensors_.push_back(std::move(tensor));
  }
}

const TensorView* TensorSource::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const TensorView& TensorSource::at(std::string_view name) const {
  if (const TensorView* view = find(name)) {
    require_readable(*view, path_.string());
    return *view;
  }
  throw Error::bad_request("'" + path_.string() + "' has no tensor '" + printable(name) + "'");
}

}  // namespace turbodiff::weights
