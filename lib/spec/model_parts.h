// Steps shared by reading a model folder (model_folder.cpp) and choosing a model (choose_model.cpp).
#pragma once

#include <filesystem>
#include <span>

#include "spec/model_catalogue.h"
#include "spec/model_folder.h"

namespace turbodiff::spec {

/// Fills autoencoder, text encoder and tokenizer that are still empty from `shared`, best folder first.
void add_shared_parts(Model& model, const CatalogueEntry* entry,
                      std::span<const std::filesystem::path> shared);
/// Sets Model::missing.
void note_missing(Model& model);
/// Takes config.json from beside the transformer, or from its file, if there is one, and its defaults.
void add_config(Model& model);
/// The published model whose transformer has this file name, or null.
const CatalogueEntry* entry_of_files(const ModelFiles& files);

}  // namespace turbodiff::spec
