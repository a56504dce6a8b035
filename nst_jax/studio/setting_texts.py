"""What the page says about each setting: labels, explanations and names of choices."""

LABELS = {
    "size": "Size",
    "style_strength": "Strength of the style",
    "color": "Colors",
    "style_scale": "Size of the strokes",
    "quality": "Quality",
    "recipe": "Method",
    "steps": "Steps",
    "seed": "Seed",
    "network": "Network",
    "init": "Start from",
    "start_colors": "Colors to start with",
    "resize": "What the size sets",
    "style_size": "Size of the painting",
    "upscale_to_original": "Enlarge to the photograph's size",
    "content_weight": "Weight of the content",
    "style_weight": "Weight of the style",
    "tv_weight": "Weight of smoothness",
}

HELP = {
    "size": "Long side of the result in pixels. Larger shows finer detail, but takes more time and memory.",
    "style_strength": "From 0, the photograph unchanged, to 1, all style. Left alone, the method decides.",
    "color": "Where the colors of the result come from.",
    "style_scale": "2 makes strokes twice as large, 0.5 half as large.",
    "quality": "How large our method computes the picture, and in how many steps. Published methods have their own.",
    "recipe": "All settings of a method: ours, or a published one.",
    "steps": "Number of steps at the size that makes the strokes. Left empty, the quality or the method decides.",
    "seed": "Another seed gives other noise, where the method has any.",
    "network": "The network that looks at the pictures. Left alone, the method decides.",
    "init": "The picture that the optimization begins with.",
    "start_colors": "Whether the photograph is recolored before the first step.",
    "resize": "Whether the size is that of the long side, of the short side, or of both.",
    "style_size": "Size in pixels that the painting is brought to; 0 for that of the result.",
    "upscale_to_original": "At the end, resize the result to the size of the photograph.",
    "content_weight": "Higher keeps the objects of the photograph more faithfully; takes the place of the strength.",
    "style_weight": "Higher applies the style more strongly; takes the place of the strength.",
    "tv_weight": "Higher gives a smoother result; 0 turns it off.",
}

CHOICES = {
    "color": {
        "style": ("of the painting", "Colors come from the painting."),
        "match": ("of the photograph, recolored", "The painting is recolored like the photograph before the run."),
        "match-cholesky": ("of the photograph, Gatys' way", "As the one before, by the formula of Gatys et al."),
        "luminance": ("of the photograph, exactly", "Only the brightness is stylized."),
    },
    "quality": {
        "draft": ("draft", "40 steps in place of 62, and not computed larger: quick, to try settings."),
        "normal": ("normal", "62 steps; up to 1024 pixels, computed somewhat larger and reduced."),
        "best": ("best", "90 steps, computed twice as large: smoother; takes about 3.3 times as long."),
    },
    "recipe": {
        "default": ("Ours", "The best that we know."),
        "gatys": ("Gatys et al. 2016", "The original method."),
        "gatys-high-resolution": ("Gatys et al. 2016, large", "The original method in two sizes, to 800 pixels."),
        "pytorch-tutorial": ("PyTorch tutorial", "The method of PyTorch's tutorial."),
        "pytorch-tutorial-256": ("PyTorch tutorial, 256 pixels", "The same with 4000 evaluations at 256 pixels."),
        "tensorflow-tutorial": ("TensorFlow tutorial", "The method of TensorFlow's tutorial."),
        "five-layer": ("Five layers", "The same five layers for content and style."),
        "neural-style": ("neural-style", "Johnson's program of 2015."),
        "crowsonkb": ("Crowson 2021", "Wasserstein distances, from small to large."),
    },
    "network": {
        "auto": ("by the machine", "Embedded on a CPU; VGG-19 on a GPU, where it can be downloaded."),
        "embedded": ("embedded", "A small, fast network that comes with the program."),
        "vgg19": ("VGG-19", "The pretrained VGG-19; 80 MB are downloaded when it is first used."),
        "vgg19-torchvision": ("VGG-19 of torchvision", "It must have been converted before; see the documents."),
    },
    "init": {
        "content": ("the photograph", "The usual start."),
        "fast": ("the fast picture", "What the fast method makes is improved further."),
        "noise": ("noise", "A random color for each pixel."),
        "grey": ("gray", "An even gray."),
        "style": ("the painting", "The painting, cut to the shape of the result."),
    },
    "start_colors": {
        "content": ("of the photograph", "The start keeps its colors."),
        "style": ("of the painting", "The start is recolored like the painting."),
    },
    "resize": {
        "long": ("the long side", "Keeps the aspect ratio."),
        "short": ("the short side", "Keeps the aspect ratio."),
        "squash": ("both sides", "Distorts the photograph into a square."),
    },
}

# What is said about a method whose network does not come with the program, by the network.
NEEDED_NETWORKS = {
    "vgg19": "It needs VGG-19, of which 80 MB are downloaded when it is first used, or the network Embedded below.",
    "vgg19-torchvision": "It needs torchvision's VGG-19, converted before, or the network Embedded below.",
}

RECIPE_TITLES = {name: title for name, (title, _) in CHOICES["recipe"].items()}
