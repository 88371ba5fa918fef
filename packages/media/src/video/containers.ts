/** What is known beforehand of a kind of file. */
type Kind = {
  /** FFmpeg's name of the demuxer, and of the forms that it may open. */
  readonly demuxer: string;
  readonly forms: string;
  readonly options?: Readonly<Record<string, string>>;
  /** How people call it. */
  readonly label: string;
  /**
   * Where a seek aims: at a packet's time, or at its place in the file where times are missing, repeat, or are worked
   * out from the packets before; 'none' where the demuxer can only go on.
   */
  readonly seeks: 'times' | 'places' | 'none';
  /** Streams may be announced by their first packets only. */
  readonly announces: 'header' | 'packets';
};

const bare = (demuxer: string, label: string): Kind => ({
  demuxer,
  forms: demuxer,
  label: `the bare ${label} stream`,
  seeks: 'places',
  announces: 'header',
});

/** Every kind of video file that is read. */
export const CONTAINERS = {
  mov: {
    demuxer: 'mov',
    forms: 'mov,mp4,m4a,3gp,3g2,mj2',
    // Off by default as well; they are what would let a MOV open other files.
    options: { enable_drefs: '0', use_absolute_path: '0' },
    label: 'the MP4 or MOV file',
    seeks: 'times',
    announces: 'header',
  },
  matroska: {
    demuxer: 'matroska',
    forms: 'matroska,webm',
    label: 'the Matroska or WebM file',
    seeks: 'times',
    announces: 'header',
  },
  avi: { demuxer: 'avi', forms: 'avi', label: 'the AVI file', seeks: 'times', announces: 'header' },
  mpegts: {
    demuxer: 'mpegts',
    forms: 'mpegts',
    label: 'the MPEG transport stream',
    seeks: 'places',
    announces: 'packets',
  },
  mpeg: { demuxer: 'mpeg', forms: 'mpeg', label: 'the MPEG program stream', seeks: 'places', announces: 'packets' },
  flv: { demuxer: 'flv', forms: 'flv', label: 'the Flash video', seeks: 'times', announces: 'packets' },
  asf: { demuxer: 'asf', forms: 'asf', label: 'the Windows Media file', seeks: 'times', announces: 'header' },
  ogg: { demuxer: 'ogg', forms: 'ogg', label: 'the Ogg file', seeks: 'times', announces: 'packets' },
  ivf: { demuxer: 'ivf', forms: 'ivf', label: 'the IVF file', seeks: 'times', announces: 'header' },
  gif: {
    demuxer: 'gif',
    forms: 'gif',
    options: { ignore_loop: '1' },
    label: 'the GIF',
    seeks: 'none',
    announces: 'header',
  },
  apng: {
    demuxer: 'apng',
    forms: 'apng',
    options: { ignore_loop: '1' },
    label: 'the animated PNG',
    seeks: 'none',
    announces: 'header',
  },
  h264: bare('h264', 'H.264'),
  hevc: bare('hevc', 'HEVC'),
  mpegvideo: bare('mpegvideo', 'MPEG-1 or MPEG-2'),
  m4v: bare('m4v', 'MPEG-4'),
  mjpeg: bare('mjpeg', 'MJPEG'),
} as const satisfies Record<string, Kind>;

export type ContainerKind = keyof typeof CONTAINERS;
