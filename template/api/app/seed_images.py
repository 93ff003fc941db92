"""Draws the seed's product images as SVG."""

# Background, shadow, form, accent.
PALETTES = {
    "clay": ("#f3e7df", "#dfc9bb", "#b5664a", "#7d3f2b"),
    "ink": ("#e9ebef", "#cdd2da", "#2f3a4d", "#c79a5b"),
    "moss": ("#ebeee4", "#d0d6c3", "#5f7050", "#35402b"),
    "sand": ("#f5f0e6", "#e2d8c5", "#c3a679", "#866a40"),
    "sea": ("#e6eff0", "#c6d8da", "#4b8790", "#25545c"),
}

# On a square of 800; F is the form's colour and A the accent's.
SHAPES = {
    "bag": '<path d="M300 330v-40a100 100 0 0 1 200 0v40" fill="none" stroke="A" '
    'stroke-width="22"/>'
    '<rect x="200" y="330" width="400" height="270" rx="36" fill="F"/>'
    '<rect x="200" y="410" width="400" height="16" fill="A"/>'
    '<rect x="372" y="392" width="56" height="52" rx="8" fill="A"/>',
    "board": '<rect x="270" y="300" width="260" height="310" rx="44" fill="F"/>'
    '<rect x="366" y="180" width="68" height="150" rx="34" fill="F"/>'
    '<circle cx="400" cy="218" r="14" fill="A"/>'
    '<path d="M320 370c60 30 100-20 160 10M320 450c60 30 100-20 160 10'
    'M320 530c60 30 100-20 160 10" '
    'fill="none" stroke="A" stroke-width="6" opacity=".5"/>',
    "bottle": '<path d="M360 190h80v120c0 40 70 70 70 150v120a30 30 0 0 1-30 30H320a30 30 0 0 1'
    '-30-30V460c0-80 70-110 70-150z" fill="F"/>'
    '<rect x="350" y="170" width="100" height="50" rx="12" fill="A"/>'
    '<path d="M290 480h220v100a30 30 0 0 1-30 30H320a30 30 0 0 1-30-30z" fill="A" opacity=".35"/>',
    "bowl": '<path d="M180 380h440c0 130-90 210-170 220H350c-80-10-170-90-170-220z" fill="F"/>'
    '<ellipse cx="400" cy="380" rx="220" ry="46" fill="A"/>',
    "candle": '<rect x="310" y="370" width="180" height="240" rx="18" fill="F"/>'
    '<path d="M400 370v-40" stroke="A" stroke-width="8"/>'
    '<path d="M400 220c44 60 30 110 0 110s-44-50 0-110z" fill="A"/>'
    '<rect x="340" y="450" width="120" height="80" rx="6" fill="#fff" opacity=".7"/>',
    "chair": '<path d="M270 240q130-50 260 0l-20 200H290z" fill="F"/>'
    '<rect x="250" y="430" width="300" height="60" rx="26" fill="A"/>'
    '<path d="M285 490l-25 120M515 490l25 120" stroke="A" stroke-width="22" '
    'stroke-linecap="round"/>',
    "clock": '<circle cx="400" cy="400" r="200" fill="F"/>'
    '<circle cx="400" cy="400" r="170" fill="#fff"/>'
    '<path d="M400 400V280M400 400l80 50" stroke="A" stroke-width="14" stroke-linecap="round"/>',
    "cup": '<path d="M270 320h220v200a80 80 0 0 1-80 80h-60a80 80 0 0 1-80-80z" fill="F"/>'
    '<path d="M490 370h30a60 60 0 0 1 0 120h-30" fill="none" stroke="F" stroke-width="26"/>'
    '<ellipse cx="380" cy="320" rx="110" ry="26" fill="A"/>',
    "kettle": '<path d="M270 360h230l40 220a30 30 0 0 1-30 30H260a30 30 0 0 1-30-30z" fill="F"/>'
    '<path d="M290 350a95 95 0 0 1 190 0" fill="none" stroke="A" stroke-width="22"/>'
    '<path d="M520 520c70-10 40-150 100-170" fill="none" stroke="F" stroke-width="26" '
    'stroke-linecap="round"/><circle cx="385" cy="345" r="18" fill="A"/>',
    "lamp": '<path d="M310 200h180l70 190H240z" fill="F"/>'
    '<rect x="390" y="390" width="20" height="190" fill="A"/>'
    '<rect x="310" y="578" width="180" height="32" rx="16" fill="A"/>',
    "mill": '<circle cx="400" cy="225" r="46" fill="A"/>'
    '<path d="M350 280h100c20 60-20 90-20 140 0 80 50 110 50 190H320c0-80 50-110 50-190 '
    '0-50-40-80-20-140z" fill="F"/>'
    '<path d="M372 400h56" stroke="A" stroke-width="12"/>',
    "pot": '<rect x="220" y="390" width="360" height="220" rx="50" fill="F"/>'
    '<path d="M220 440h-40v50h40M580 440h40v50h-40" fill="none" stroke="F" stroke-width="22"/>'
    '<path d="M220 380q180-110 360 0z" fill="A"/><circle cx="400" cy="312" r="20" fill="A"/>',
    "textile": '<rect x="210" y="290" width="380" height="100" rx="44" fill="F"/>'
    '<rect x="210" y="400" width="380" height="100" rx="44" fill="A"/>'
    '<rect x="210" y="510" width="380" height="100" rx="44" fill="F"/>'
    '<path d="M250 340h300M250 560h300" stroke="#fff" stroke-width="6" stroke-dasharray="14 12" '
    'opacity=".6"/>',
    "vase": '<path d="M360 250h80v50c0 50 90 90 90 190 0 70-50 120-90 120h-80c-40 0-90-50-90-120 '
    '0-100 90-140 90-190z" fill="F"/>'
    '<rect x="345" y="236" width="110" height="26" rx="13" fill="A"/>'
    '<path d="M285 450q115 40 230 0" fill="none" stroke="A" stroke-width="10" opacity=".6"/>',
    "watch": '<rect x="350" y="170" width="100" height="450" rx="30" fill="A"/>'
    '<circle cx="400" cy="395" r="150" fill="F"/><circle cx="400" cy="395" r="118" fill="#fff"/>'
    '<path d="M400 395v-80M400 395l54 34" stroke="F" stroke-width="12" stroke-linecap="round"/>',
}


def draw(shape: str, palette: str) -> str:
    background, shadow, form, accent = PALETTES[palette]
    drawing = SHAPES[shape].replace('"F"', f'"{form}"').replace('"A"', f'"{accent}"')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800">'
        f'<rect width="800" height="800" fill="{background}"/>'
        f'<ellipse cx="400" cy="618" rx="240" ry="26" fill="{shadow}"/>'
        f"{drawing}</svg>\n"
    )
