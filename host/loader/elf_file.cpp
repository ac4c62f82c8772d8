// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.hpp"

#include <algorithm>

#include <sonde/abi/entry.h>

namespace sonde::loader {

namespace {

// The largest libraries have a few hundred version records; the bound keeps a crafted chain from costing time.
constexpr std::size_t most_records = 4096;

std::uint32_t gnu_hash(std::string_view name) noexcept {
    std::uint32_t hash = 5381;
    for (const char c : name) {
        hash = hash * 33 + static_cast<unsigned char>(c);
    }
    return hash;
}

// Index of a symbol by the table that dlsym would use.
std::optional<std::uint64_t> find_by_gnu_hash(const elf_image& image, std::uint64_t symbols, std::string_view name) {
    struct gnu_header {
        std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    };
    const auto table = image.table(DT_GNU_HASH);
    const auto header = table ? image.at<gnu_header>(*table) : std::nullopt;
    if (!header || header->buckets == 0) {
        return std::nullopt;
    }
    const std::uint32_t hash = gnu_hash(name);
    const std::uint64_t buckets = *table + sizeof(gnu_header) + std::uint64_t{header->bloom_words} * 8;
    const std::uint64_t chains = buckets + std::uint64_t{header->buckets} * 4;
    const auto first = image.at<std::uint32_t>(buckets + std::uint64_t{hash % header->buckets} * 4);
    if (!first || *first < header->first_symbol) {
        return std::nullopt;
    }
    for (std::uint64_t index = *first;; ++index) {
        const auto link = image.at<std::uint32_t>(chains + (index - header->first_symbol) * 4);
        const auto symbol = image.at<Elf64_Sym>(symbols + index * sizeof(Elf64_Sym));
        if (!link || !symbol) {
            return std::nullopt;
        }
        if ((*link | 1u) == (hash | 1u) && image.text(symbol->st_name) == name) {
            return index;
        }
        if ((*link & 1u) != 0) {
            return std::nullopt;
        }
    }
}

std::optional<std::uint64_t> find_by_sysv_hash(const elf_image& image, std::uint64_t symbols, std::string_view name) {
    struct sysv_header {
        std::uint32_t buckets, symbols;
    };
    const auto table = image.table(DT_HASH);
    const auto header = table ? image.at<sysv_header>(*table) : std::nullopt;
    for (std::uint64_t index = 0; header && index < header->symbols; ++index) {
        const auto symbol = image.at<Elf64_Sym>(symbols + index * sizeof(Elf64_Sym));
        if (!symbol) {
            return std::nullopt;
        }
        if (image.text(symbol->st_name) == name) {
            return index;
        }
    }
    return std::nullopt;
}

bool defines_entry(const elf_image& image) {
    const auto symbols = image.table(DT_SYMTAB);
    if (!symbols) {
        return false;
    }
    auto index = find_by_gnu_hash(image, *symbols, SONDE_ENTRY_SYMBOL);
    if (!index) {
        index = find_by_sysv_hash(image, *symbols, SONDE_ENTRY_SYMBOL);
    }
    const auto symbol = index ? image.at<Elf64_Sym>(*symbols + *index * sizeof(Elf64_Sym)) : std::nullopt;
    return symbol && symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT;
}

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) noexcept {
    return (size + alignment - 1) / alignment * alignment;
}

// A fixed text field, cut at its first NUL.
template <std::size_t Size>
std::string field(const char (&text)[Size]) {
    return {text, std::find(text, text + Size, '\0')};
}

void read_note(std::string_view desc, elf_file& into) {
    decltype(sonde_note::desc) raw;
    if (desc.size() < sizeof raw) {
        into.note_fault = "its sonde note is shorter than " + std::to_string(sizeof raw) + " bytes";
        return;
    }
    std::memcpy(&raw, desc.data(), sizeof raw);
    into.note =
        plugin_note{raw.abi_major, raw.abi_minor, raw.roles, field(raw.id), field(raw.version), field(raw.sdk_build)};
}

void find_note(const elf_image& image, elf_file& into) {
    for (const elf_image::segment& segment : image.segments(PT_NOTE)) {
        const std::uint64_t alignment = segment.alignment == 8 ? 8 : 4;
        std::string_view rest = segment.bytes;
        while (rest.size() >= sizeof(Elf64_Nhdr)) {
            Elf64_Nhdr header;
            std::memcpy(&header, rest.data(), sizeof header);
            const std::uint64_t desc_at = padded(sizeof header + std::uint64_t{header.n_namesz}, alignment);
            const std::uint64_t end = desc_at + header.n_descsz;
            if (end > rest.size()) {
                into.note_fault = "a note in it is longer than its segment";
                return;
            }
            const std::string_view name = rest.substr(sizeof header, header.n_namesz);
            if (name == std::string_view(SONDE_NOTE_NAME, sizeof SONDE_NOTE_NAME) && header.n_type == SONDE_NOTE_TYPE) {
                read_note(rest.substr(desc_at, header.n_descsz), into);
                return;
            }
            rest.remove_prefix(std::min<std::uint64_t>(padded(end, alignment), rest.size()));
        }
    }
}

void read_version_needs(const elf_image& image, elf_file& into) {
    std::uint64_t at = image.table(DT_VERNEED).value_or(0);
    std::size_t records = 0;
    for (std::uint64_t left = at == 0 ? 0 : image.dynamic(DT_VERNEEDNUM).value_or(0); left > 0; --left) {
        const auto library = image.at<Elf64_Verneed>(at);
        if (!library) {
            return;
        }
        std::uint64_t need_at = at + library->vn_aux;
        for (unsigned count = library->vn_cnt; count > 0; --count) {
            const auto need = image.at<Elf64_Vernaux>(need_at);
            if (!need || ++records > most_records) {
                return;
            }
            if ((need->vna_flags & VER_FLG_WEAK) == 0) {
                into.version_needs.push_back(
                    {std::string(image.text(library->vn_file)), std::string(image.text(need->vna_name))});
            }
            need_at += need->vna_next;
        }
        if (library->vn_next == 0 || ++records > most_records) {
            return;
        }
        at += library->vn_next;
    }
}

void read_version_definitions(const elf_image& image, elf_file& into) {
    std::uint64_t at = image.table(DT_VERDEF).value_or(0);
    const std::uint64_t count = at == 0 ? 0 : image.dynamic(DT_VERDEFNUM).value_or(0);
    for (std::uint64_t index = 0; index < std::min<std::uint64_t>(count, most_records); ++index) {
        const auto defined = image.at<Elf64_Verdef>(at);
        const auto named = defined ? image.at<Elf64_Verdaux>(at + defined->vd_aux) : std::nullopt;
        if (!named) {
            return;
        }
        if ((defined->vd_flags & VER_FLG_BASE) == 0) {
            into.version_definitions.emplace_back(image.text(named->vda_name));
        }
        if (defined->vd_next == 0) {
            return;
        }
        at += defined->vd_next;
    }
}

}  // namespace

std::expected<elf_file, elf_fault> elf_file::parse(std::string_view bytes) {
    const auto image = elf_image::open(bytes);
    if (!image) {
        return std::unexpected(image.error());
    }
    elf_file file;
    file.has_entry = defines_entry(*image);
    find_note(*image, file);
    for (const std::uint64_t name : image->all_dynamic(DT_NEEDED)) {
        file.needed.emplace_back(image->text(name));
    }
    read_version_needs(*image, file);
    read_version_definitions(*image, file);
    return file;
}

}  // namespace sonde::loader
