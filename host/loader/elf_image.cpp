// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_image.hpp"

#include <bit>

#include <fmt/format.h>

namespace sonde::loader {

namespace {

#if defined(__x86_64__)
constexpr std::uint16_t native_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t native_machine = EM_AARCH64;
#else
#error "add the machine of this target, as elf.h calls it"
#endif
constexpr unsigned char native_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

// Far more than linkers write; they bound the work that a file can cause.
constexpr std::size_t most_segments = 128;
constexpr std::size_t most_dynamic = 4096;
constexpr std::size_t longest_text = 4096;

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "x86 (32-bit)";
    case EM_ARM: return "arm (32-bit)";
    case EM_RISCV: return "riscv";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390";
    default: return fmt::format("machine number {}", machine);
    }
}

}  // namespace

std::expected<elf_image, elf_fault> elf_image::open(std::string_view bytes) {
    elf_image image(bytes);
    if (auto fault = image.check_identity()) {
        return std::unexpected(std::move(*fault));
    }
    const auto header = image.at<Elf64_Ehdr>(0);
    if (!header) {
        return std::unexpected(elf_fault{reason::malformed, "it is cut short inside the ELF header"});
    }
    if (header->e_machine != native_machine) {
        return std::unexpected(elf_fault{reason::wrong_machine,
                                         fmt::format("it is built for {}, not for {}", machine_name(header->e_machine),
                                                     machine_name(native_machine))});
    }
    if (header->e_type != ET_DYN) {
        return std::unexpected(elf_fault{reason::malformed, "it is not a shared object"});
    }
    if (auto fault = image.read_segments(*header)) {
        return std::unexpected(std::move(*fault));
    }
    image.read_dynamic();
    return image;
}

std::optional<elf_fault> elf_image::check_identity() const {
    if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG))) {
        return elf_fault{reason::not_elf, "it is not an ELF file"};
    }
    if (bytes_.size() < EI_NIDENT) {
        return elf_fault{reason::malformed, "it is cut short inside the ELF header"};
    }
    if (bytes_[EI_CLASS] != ELFCLASS64) {
        return elf_fault{reason::wrong_machine,
                         fmt::format("it is a 32-bit file, not one for 64-bit {}", machine_name(native_machine))};
    }
    if (static_cast<unsigned char>(bytes_[EI_DATA]) != native_order) {
        return elf_fault{reason::wrong_machine,
                         fmt::format("its byte order is not that of {}", machine_name(native_machine))};
    }
    return std::nullopt;
}

std::optional<elf_fault> elf_image::read_segments(const Elf64_Ehdr& header) {
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > most_segments) {
        return elf_fault{reason::malformed, "its program headers make no sense"};
    }
    for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
        const auto each = at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
        if (!each || !slice(each->p_offset, each->p_filesz)) {
            return elf_fault{reason::malformed, "it is cut short: a segment lies beyond the end of the file"};
        }
        segments_.push_back(*each);
    }
    const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
    if (header.e_shoff != 0 && !slice(header.e_shoff, sections)) {
        return elf_fault{reason::malformed, "it is cut short: its section table lies beyond the end of the file"};
    }
    return std::nullopt;
}

void elf_image::read_dynamic() {
    for (const segment& part : segments(PT_DYNAMIC)) {
        for (std::size_t at = 0; at + sizeof(Elf64_Dyn) <= part.bytes.size() && dynamic_.size() < most_dynamic;
             at += sizeof(Elf64_Dyn)) {
            Elf64_Dyn entry;
            std::memcpy(&entry, part.bytes.data() + at, sizeof entry);
            if (entry.d_tag == DT_NULL) {
                break;
            }
            dynamic_.push_back(entry);
        }
    }
    const auto offset = table(DT_STRTAB);
    const auto size = dynamic(DT_STRSZ);
    if (offset && size) {
        strings_ = slice(*offset, *size).value_or(std::string_view{});
    }
}

std::optional<std::string_view> elf_image::slice(std::uint64_t offset, std::uint64_t size) const noexcept {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
        return std::nullopt;
    }
    return bytes_.substr(offset, size);
}

std::optional<std::uint64_t> elf_image::offset_of(std::uint64_t address) const noexcept {
    for (const Elf64_Phdr& each : segments_) {
        if (each.p_type == PT_LOAD && address >= each.p_vaddr && address - each.p_vaddr < each.p_filesz) {
            return each.p_offset + (address - each.p_vaddr);
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> elf_image::dynamic(std::int64_t tag) const noexcept {
    for (const Elf64_Dyn& entry : dynamic_) {
        if (entry.d_tag == tag) {
            return entry.d_un.d_val;
        }
    }
    return std::nullopt;
}

std::vector<std::uint64_t> elf_image::all_dynamic(std::int64_t tag) const {
    std::vector<std::uint64_t> values;
    for (const Elf64_Dyn& entry : dynamic_) {
        if (entry.d_tag == tag) {
            values.push_back(entry.d_un.d_val);
        }
    }
    return values;
}

std::optional<std::uint64_t> elf_image::table(std::int64_t tag) const noexcept {
    const auto address = dynamic(tag);
    return address ? offset_of(*address) : std::nullopt;
}

std::string_view elf_image::text(std::uint64_t index) const noexcept {
    if (index >= strings_.size()) {
        return {};
    }
    const std::string_view rest = strings_.substr(index, longest_text);
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

std::vector<elf_image::segment> elf_image::segments(std::uint32_t type) const {
    std::vector<segment> found;
    for (const Elf64_Phdr& each : segments_) {
        if (each.p_type == type) {
            found.push_back({slice(each.p_offset, each.p_filesz).value_or(std::string_view{}), each.p_align});
        }
    }
    return found;
}

}  // namespace sonde::loader
