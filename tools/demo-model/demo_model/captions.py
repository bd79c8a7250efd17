"""The language of the demo model: captions of a combination in English and Chinese."""

EN_COLOR = {"red": ["red", "crimson", "scarlet"], "green": ["green", "emerald"], "blue": ["blue", "navy blue"],
            "yellow": ["yellow", "golden"], "white": ["white", "snow white"], "purple": ["purple", "violet"]}
EN_SHAPE = {"circle": ["circle", "ball", "disc", "dot", "round shape"], "square": ["square", "box", "block"],
            "triangle": ["triangle", "triangular shape"]}
EN_MOVE = {
    "right": ["moving right", "moving to the right", "moves right", "moves to the right", "sliding right",
              "going right", "travelling to the right", "drifting rightwards", "moving from left to right",
              "that moves to the right", "flying to the right"],
    "left": ["moving left", "moving to the left", "moves left", "moves to the left", "sliding left",
             "going left", "travelling to the left", "drifting leftwards", "moving from right to left",
             "that moves to the left", "flying to the left"],
    "up": ["moving up", "moving upwards", "moves up", "rising", "going up", "floating upwards", "that moves up",
           "moving from bottom to top", "sliding up", "flying up"],
    "down": ["moving down", "moving downwards", "moves down", "falling", "going down", "sinking", "that moves down",
             "moving from top to bottom", "sliding down", "dropping down"],
    "grow": ["growing", "getting bigger", "expanding", "becoming larger", "that grows", "growing bigger",
             "increasing in size", "zooming in"],
    "shrink": ["shrinking", "getting smaller", "contracting", "becoming smaller", "that shrinks",
               "decreasing in size", "zooming out"],
    "still": ["standing still", "that stays still", "not moving", "staying in place", "at rest", ""]}
EN_BG = {"black": ["on a black background", "on black", "in the dark", "against a black background",
                   "with a black background", "", "", ""],
         "white": ["on a white background", "on white", "against a white background", "with a white background"],
         "gray": ["on a gray background", "on a grey background", "on gray", "against a gray background",
                  "with a grey background"]}
ZH_COLOR = {"red": ["红色的", "红色", "红"], "green": ["绿色的", "绿色", "绿"], "blue": ["蓝色的", "蓝色", "蓝"],
            "yellow": ["黄色的", "黄色", "黄"], "white": ["白色的", "白色", "白"], "purple": ["紫色的", "紫色", "紫"]}
ZH_SHAPE = {"circle": ["圆形", "圆", "圆圈", "球", "圆球"], "square": ["正方形", "方块", "方形"],
            "triangle": ["三角形", "三角"]}
ZH_MOVE = {"right": ["向右移动", "往右移动", "向右滑动", "从左向右移动", "从左到右移动", "向右飞"],
           "left": ["向左移动", "往左移动", "向左滑动", "从右向左移动", "从右到左移动", "向左飞"],
           "up": ["向上移动", "往上移动", "上升", "从下到上移动", "向上飞", "升起"],
           "down": ["向下移动", "往下移动", "下降", "从上到下移动", "落下", "下沉"],
           "grow": ["变大", "逐渐变大", "放大", "越来越大", "扩大"],
           "shrink": ["变小", "逐渐变小", "缩小", "越来越小", "收缩"],
           "still": ["静止不动", "不动", "静止", "保持不动", ""]}
ZH_BG = {"black": ["黑色背景", "黑色的背景上", "黑背景", "", ""], "white": ["白色背景", "白色的背景上", "白背景"],
         "gray": ["灰色背景", "灰色的背景上", "灰背景"]}


def caption(combo, rng, lang=None, from_to=0.0):
    """A caption of (colour, shape, motion, background) drawn with `rng` (random.Random), in "en" or "zh".

    No background named means black, no motion named means still. With probability `from_to` a direction is
    worded "from ... to ...", the wording that is hardest to learn.
    """
    hard = bool(from_to) and rng.random() < from_to
    lang = lang or ("zh" if rng.random() < 0.3 else "en")
    return (_chinese if lang == "zh" else _english)(combo, rng, hard)


def _chinese(combo, rng, hard):
    c, s, m, b = combo
    color, shape, move, ground = (rng.choice(x) for x in (ZH_COLOR[c], ZH_SHAPE[s], ZH_MOVE[m], ZH_BG[b]))
    move = rng.choice([v for v in ZH_MOVE[m] if "从" in v] or [move]) if hard else move
    thing = rng.choice(["一个", "一个", ""]) + color + shape
    link = rng.choice(["", "", "正在", "在"]) if move and m != "still" else ""
    text = thing + link + move
    if ground.endswith("上"):
        text = rng.choice([ground + "，" + text, "在" + ground + text, "在" + ground + "，" + text])
    elif ground:
        text = rng.choice([text + "，" + ground, ground + "，" + text, ground + "下" + text])
    return text + rng.choice(["", "", "。"])


def _english(combo, rng, hard):
    c, s, m, b = combo
    color, shape, move, ground = (rng.choice(x) for x in (EN_COLOR[c], EN_SHAPE[s], EN_MOVE[m], EN_BG[b]))
    move = rng.choice([v for v in EN_MOVE[m] if " from " in v] or [move]) if hard else move
    thing = rng.choice(["a ", "a ", "one ", "the ", ""]) + color + " " + shape
    if thing.startswith("a emerald"):
        thing = "an" + thing[1:]
    if move.split(" ")[0] == "moves" or not move:
        text = thing + (" " + move if move else "")
    elif move.startswith("that"):
        text = thing + " " + move
    else:
        text = thing + rng.choice([" ", " ", " is ", ", "]) + move
    if ground:
        text = rng.choice([text + " " + ground, text + " " + ground, text + ", " + ground, ground + ", " + text])
    if rng.random() < 0.12:
        text = rng.choice(["a video of ", "an animation of "]) + text
    if rng.random() < 0.5:
        text = text[0].upper() + text[1:]
    return text + rng.choice(["", "", "."])
