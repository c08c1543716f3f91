"""Contracts written wrongly, each by one slip, and what is said of them.

``python -m tests.support.broken_contracts`` prints what ``zjtx contract check`` says of each.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from jobs.cli import app

SOUND = """\
apiVersion: v3.1.0
kind: DataContract
id: sample
name: 样表
version: 1.0.0
status: active
customProperties:
- property: feed
  value:
    entity: enterprise
    connection: stat_sftp
    population: all
    frequency: month
    pattern: sample/(?P<reporter>\\d{6})/(?P<form>901)_(?P<period>\\d{6})\\.csv
    schedule: 0 7 * * *
    scope:
    - reporter
    - period
    mode: replace
    reporters: ranked_units
    unit: 千元
    calendar:
      deadline_day: 31
      minimum: 0.6
    preamble:
    - column: document_no
      pattern: (\\w+〔\\d{4}〕\\d+号)
    editions:
    - name: 2026年制度
      from: '2026'
      headers:
        revenue: [营业总收入]
schema:
- name: sample
  physicalName: silver/sample
  physicalType: table
  properties:
  - name: uscc
    businessName: 统一社会信用代码
    logicalType: string
    physicalType: STRING
    required: true
    primaryKey: true
    primaryKeyPosition: 1
    semanticType: uscc
  - name: period
    businessName: 报告期
    logicalType: string
    physicalType: STRING
    required: true
    primaryKey: true
    primaryKeyPosition: 2
    semanticType: month
  - name: document_no
    businessName: 文号
    logicalType: string
    physicalType: STRING
    customProperties:
    - property: source
      value: preamble
  - name: kind
    businessName: 类别
    logicalType: string
    physicalType: STRING
    enum:
    - value: a
      label: 甲类
    - value: b
      label: 乙类
  - name: revenue
    businessName: 营业收入
    logicalType: number
    physicalType: DECIMAL(20,2)
    semanticType: money
    customProperties:
    - property: header
      value: required
  - name: rd
    businessName: 研发费用
    logicalType: number
    physicalType: DECIMAL(20,2)
    semanticType: money
    synonyms:
    - synonym: 研发支出
    logicalTypeOptions:
      minimum: 0
    quality:
    - name: rd_within_revenue
      type: sql
      description: 研发费用大于营业收入
      query: rd <= revenue
      severity: explain
"""

Slip = tuple[str, ...]
"""Text of the sound contract, and what stands there instead; where one slip needs it, more of such pairs."""
BROKEN: dict[str, tuple[Slip, str]] = {
    "a scope that neither path nor preamble gives": (
        ("    - reporter\n    - period\n",
         "    - reporter\n    - perod\n"),
        "合同 sample，第 18 行 feed.scope 第 2 项：pattern 的命名组和 preamble 都没有“perod”："
        "各文件会同属一个范围，后来的撤下以前的"
        "；改法：是不是 period？",
    ),
    "no scope at all": (
        ("    scope:\n    - reporter\n    - period\n",
         "    scope: []\n"),
        "合同 sample，第 16 行 feed.scope：没有范围：全部文件同属一个范围，后来的会撤下以前的"
        "；改法：写 document_no、form、period、reporter 中的几项",
    ),
    "a part of the scope that a path may leave out": (
        ("(?P<reporter>\\d{6})/",
         "((?P<reporter>\\d{6})/)?"),
        "合同 sample，第 17 行 feed.scope 第 1 项：路径里的“reporter”可以没有，没有它的文件会同属一个范围"
        "；改法：让这一组在路径里必有（去掉“?”或各分支都写）",
    ),
    "a replacing feed whose scope has no period": (
        ("    - reporter\n    - period\n",
         "    - reporter\n"),
        "合同 sample，第 16 行 feed.scope：整份替换（replace）而范围不含路径里的 period：一期的文件会撤下别的期"
        "；改法：在 scope 里加上 period",
    ),
    "a column of the path that the pattern does not give": (
        ("    - property: source\n      value: preamble\n",
         "    - property: source\n      value: path\n"),
        "合同 sample，第 54 行 列 document_no：列的来处是路径，pattern 里没有命名组“document_no”"
        "；改法：在 pattern 里写 (?P<document_no>…)，或改 source",
    ),
    "a group of the path of no use": (
        ("(?P<form>901)",
         "(?P<from>901)"),
        "合同 sample，第 14 行 feed.pattern：命名组“from”没有用处；改法：是不是 form？；不用的组不要命名",
    ),
    "a pattern that is no regular expression": (
        ("(?P<reporter>\\d{6})",
         "(?P<reporter>\\d{6}"),
        "合同 sample，第 14 行 feed.pattern："
        "“sample/(?P<reporter>\\d{6}/(?P<form>901)_(?P<period>\\d{6})\\.c……”不是正则表达式（第 8 个字符起有误）"
        "；改法：检查括号、反斜杠和命名组",
    ),
    "a pattern from the root of a disk": (
        ("pattern: sample/",
         "pattern: /sample/"),
        "合同 sample，第 14 行 feed.pattern：路径相对于来源的根，不以“/”开头，这样一个文件也对不上；改法：去掉开头的“/”",
    ),
    "reporters whom no path names": (
        ("(?P<reporter>",
         "(?P<sender>",
         "    - reporter\n",
         "    - sender\n"),
        "合同 sample，第 14 行 feed.pattern：写了应报名单 reporters，路径里却没有报送单位"
        "；改法：在 pattern 里写 (?P<reporter>…)，否则永远显示未报",
    ),
    "an unknown meaning": (
        ("semanticType: month",
         "semanticType: mounth"),
        "合同 sample，第 53 行 列 period 的 semanticType：没有“mounth”这种含义；改法：是不是 month？",
    ),
    "a meaning of another type": (
        ("semanticType: month",
         "semanticType: year"),
        "合同 sample，第 53 行 列 period 的 semanticType：year 列的类型是 STRING；改法：写 physicalType: INT",
    ),
    "an unknown source": (
        ("      value: preamble\n",
         "      value: preample\n"),
        "合同 sample，第 58 行 列 document_no 的 customProperties.source：没有“preample”这种来处"
        "；改法：是不是 preamble？",
    ),
    "an unknown type": (
        ("    physicalType: DECIMAL(20,2)\n    semanticType: money\n    customP",
         "    physicalType: NUMERIC\n    semanticType: money\n    customP"),
        "合同 sample，第 73 行 列 revenue 的 physicalType：没有“NUMERIC”这种类型"
        "；改法：可用：STRING、DATE、INT、BIGINT、DECIMAL(20,2)",
    ),
    "a type in small letters": (
        ("    logicalType: string\n    physicalType: STRING\n    enum",
         "    logicalType: string\n    physicalType: string\n    enum"),
        "合同 sample，第 64 行 列 kind 的 physicalType：没有“string”这种类型；改法：是不是 STRING？",
    ),
    "a type that holds no number": (
        ("DECIMAL(20,2)\n    semanticType: money\n    synonyms",
         "DECIMAL(2,20)\n    semanticType: money\n    synonyms"),
        "合同 sample，第 81 行 列 rd 的 physicalType：“DECIMAL(2,20)”放不下数；改法：位数不超过 38，小数位不超过位数",
    ),
    "no type": (
        ("    logicalType: string\n    physicalType: STRING\n    enum",
         "    logicalType: string\n    enum"),
        "合同 sample，第 61 行 列 kind 的 physicalType：没有写类型，会被当作文字"
        "；改法：写 STRING、DATE、INT、BIGINT、DECIMAL(20,2) 之一",
    ),
    "a logical type that does not go with it": (
        ("    logicalType: string\n    physicalType: STRING\n    enum",
         "    logicalType: integer\n    physicalType: STRING\n    enum"),
        "合同 sample，第 63 行 列 kind 的 logicalType：逻辑类型“integer”与类型 STRING 不符"
        "；改法：写 logicalType: string，或改 physicalType",
    ),
    "a misspelt key of a column": (
        ("    required: true\n    primaryKey: true\n    primaryKeyPosition: 2",
         "    requierd: true\n    primaryKey: true\n    primaryKeyPosition: 2"),
        "合同 sample，第 50 行 列 period 的 requierd：没有“requierd”这个键；改法：是不是 required？",
    ),
    "a misspelt key of the feed": (
        ("    frequency: month\n",
         "    frequenzy: month\n"),
        "合同 sample，第 13 行 feed.frequenzy：没有“frequenzy”这个键；改法：是不是 frequency、request？",
    ),
    "a misspelt key of the calendar": (
        ("      minimum: 0.6",
         "      minimun: 0.6"),
        "合同 sample，第 24 行 feed.calendar.minimun：没有“minimun”这个键；改法：是不是 minimum？",
    ),
    "a misspelt custom property": (
        ("    - property: header\n",
         "    - property: haeder\n"),
        "合同 sample，第 76 行 列 revenue 的 customProperties 第 1 项 property：没有附加属性“haeder”"
        "；改法：是不是 header？",
    ),
    "a key of the standard that nobody carries out": (
        ("    semanticType: uscc\n",
         "    semanticType: uscc\n    unique: true\n"),
        "合同 sample，第 46 行 列 uscc 的 unique：“unique”在标准里有，本平台不执行"
        "；改法：去掉；能写的有 customProperties、enum、logicalType、logicalTypeOptions、map、name、"
        "partitionKeyPosition、partitioned、physicalType、primaryKey、primaryKeyPosition、quality、required、"
        "semanticType、synonyms",
    ),
    "an option that nobody carries out": (
        ("      minimum: 0\n",
         "      multipleOf: 100\n"),
        "合同 sample，第 86 行 列 rd 的 logicalTypeOptions.multipleOf：没有“multipleOf”这个键"
        "；改法：可用：maximum、minimum、pattern",
    ),
    "a key written twice": (
        ("    mode: replace\n",
         "    mode: replace\n    mode: upsert\n"),
        "合同 sample，第 20 行 feed.mode：“mode”写了两次，只有后一个会算数；改法：只留一个",
    ),
    "a column twice": (
        ("  - name: rd\n",
         "  - name: revenue\n"),
        "合同 sample，第 70 行 列 revenue：列名“revenue”有 2 列；改法：每列一个名称",
    ),
    "a header name of two columns": (
        ("    - synonym: 研发支出\n",
         "    - synonym: 营业收入（千元）\n"),
        "合同 sample，第 78 行 列 rd：列名“营业收入”也是列 revenue 的；改法：一个列名只归一列，删去一处别名",
    ),
    "a header name of two columns in one edition": (
        ("revenue: [营业总收入]",
         "revenue: [研发支出]"),
        "合同 sample，第 78 行 列 rd：列名“研发支出”也是列 revenue 的（2026年制度）"
        "；改法：一个列名只归一列，删去一处别名",
    ),
    "no key": (
        ("    primaryKey: true\n    primaryKeyPosition: 1\n",
         "",
         "    primaryKey: true\n    primaryKeyPosition: 2\n",
         ""),
        "合同 sample，第 37 行 schema 第 1 项 properties：没有主键，分不清哪一行更正哪一行"
        "；改法：在主键各列写 primaryKey: true 和 primaryKeyPosition",
    ),
    "a key with a gap": (
        ("primaryKeyPosition: 2",
         "primaryKeyPosition: 3"),
        "合同 sample，第 37 行 schema 第 1 项 properties：主键的次序 primaryKeyPosition 不是 1 到 2（uscc=1、period=3）"
        "；改法：从 1 起不重不漏",
    ),
    "a key that may be blank": (
        ("    required: true\n    primaryKey: true\n    primaryKeyPosition: 1\n",
         "    primaryKey: true\n    primaryKeyPosition: 1\n"),
        "合同 sample，第 38 行 列 uscc 的 required：主键列可以空，空的行分不清是谁的"
        "；改法：写 required: true，或移出主键",
    ),
    "no period": (
        ("  - name: period\n",
         "  - name: month\n"),
        "合同 sample，第 13 行 feed.frequency：没有期间列 period，指标找不到一行属于哪一期"
        "；改法：加一列 period，写 semanticType: month；没有期间的事项写 frequency: event",
    ),
    "a period of another frequency": (
        ("frequency: month",
         "frequency: quarter"),
        "合同 sample，第 53 行 列 period 的 semanticType：频率是 quarter，期间列 period 的含义却是 month"
        "；改法：写 semanticType: quarter",
    ),
    "firms that the figures cannot find": (
        ("  - name: uscc\n",
         "  - name: credit_code\n"),
        "合同 sample，第 10 行 feed.entity：企业的数据源没有 uscc 列（统一社会信用代码），指标按它认企业"
        "；改法：加一列 uscc，或把装统一社会信用代码的列改名为 uscc",
    ),
    "regions that the figures cannot find": (
        ("entity: enterprise",
         "entity: region"),
        "合同 sample，第 10 行 feed.entity：地区的数据源没有地区列，指标按它认地区"
        "；改法：加一列 region_code，写 semanticType: region 或代码表 enum",
    ),
    "an unknown kind of entity": (
        ("entity: enterprise",
         "entity: entreprise"),
        "合同 sample，第 10 行 feed.entity：没有“entreprise”这个值；改法：是不是 enterprise？",
    ),
    "a rule on an unknown column": (
        ("query: rd <= revenue",
         "query: rd <= revenu"),
        "合同 sample，第 91 行 列 rd 的 quality 第 1 项 query："
        "规则“rd_within_revenue”的条件“rd <= revenu”合同没有列“revenu”"
        "；改法：是不是 revenue？",
    ),
    "a rule that says neither yes nor no": (
        ("query: rd <= revenue",
         "query: rd - revenue"),
        "合同 sample，第 91 行 列 rd 的 quality 第 1 项 query：规则“rd_within_revenue”的条件“rd - revenue”得不出是或否"
        "；改法：写成比较，如 a <= b",
    ),
    "a rule that cannot be read": (
        ("query: rd <= revenue",
         "query: rd <= (revenue"),
        "合同 sample，第 91 行 列 rd 的 quality 第 1 项 query：规则“rd_within_revenue”的条件“rd <= (revenue”读不通"
        "；改法：检查括号、引号和比较符号",
    ),
    "a rule of an unknown severity": (
        ("severity: explain",
         "severity: warn"),
        "合同 sample，第 92 行 列 rd 的 quality 第 1 项 severity：没有“warn”这一级；改法：可用：block、explain、info",
    ),
    "a rule that is no SQL": (
        ("      type: sql\n",
         "      type: text\n"),
        "合同 sample，第 89 行 列 rd 的 quality 第 1 项 type：只执行 SQL 条件；改法：写 type: sql，条件写在 query",
    ),
    "limits the wrong way round": (
        ("      minimum: 0\n",
         "      minimum: 10\n      maximum: 1\n"),
        "合同 sample，第 85 行 列 rd 的 logicalTypeOptions：下限 10 大于上限 1；改法：对调",
    ),
    "a pattern that looks ahead": (
        ("    businessName: 文号\n    logicalType: string\n    physicalType: STRING\n",
         "    businessName: 文号\n    logicalType: string\n    physicalType: STRING\n"
         "    logicalTypeOptions:\n      pattern: (?!〔).*号\n"),
        "合同 sample，第 59 行 列 document_no 的 logicalTypeOptions.pattern：格式“(?!〔).*号”用了判行时不认的写法"
        "；改法：不用环视（(?=、(?!）和反向引用",
    ),
    "a label of two codes": (
        ("      label: 乙类",
         "      label: 甲类"),
        "合同 sample，第 68 行 列 kind 的 enum 第 2 项：“甲类”既是 a 又是 b；改法：一个写法只对应一个代码",
    ),
    "a code list beside a meaning": (
        ("    enum:\n",
         "    semanticType: region\n    enum:\n"),
        "合同 sample，第 65 行 列 kind 的 semanticType：同时写了代码表 enum，代码表不会执行"
        "；改法：semanticType 和 enum 只留一个",
    ),
    "a day that no month has": (
        ("deadline_day: 31",
         "deadline_day: 32"),
        "合同 sample，第 23 行 feed.calendar.deadline_day：没有 32 日；改法：写 1 到 31；超过当月天数的按月末",
    ),
    "a share above one": (
        ("minimum: 0.6",
         "minimum: 60"),
        "合同 sample，第 24 行 feed.calendar.minimum：最低到报比例 60.0 不在 0 与 1 之间；改法：写如 0.6",
    ),
    "no number where one belongs": (
        ("deadline_day: 31",
         "deadline_day: 月末"),
        "合同 sample，第 23 行 feed.calendar.deadline_day：值“月末”不合格式；改法：应为整数",
    ),
    "an unknown list of reporters": (
        ("reporters: ranked_units",
         "reporters: ranked_unit"),
        "合同 sample，第 20 行 feed.reporters：schemas/reference/reporters.yaml 没有名单“ranked_unit”"
        "；改法：是不是 ranked_units？",
    ),
    "an unknown unit of money": (
        ("unit: 千元",
         "unit: 百元"),
        "合同 sample，第 21 行 feed.unit：没有“百元”这种金额单位；改法：写 元、千元、万元、亿元 之一",
    ),
    "a time table that is none": (
        ("schedule: 0 7 * * *",
         "schedule: '0 25 * * *'"),
        "合同 sample，第 15 行 feed.schedule：“0 25 * * *”不是时间表；改法：写五段：分 时 日 月 周，如 0 7 * * *",
    ),
    "a time of day that YAML takes for a number": (
        ("schedule: 0 7 * * *",
         "schedule: 7:00"),
        "合同 sample，第 15 行 feed.schedule：值“420”不合格式；改法：应为文字",
    ),
    "a line above the header without a column": (
        ("    - column: document_no\n",
         "    - column: document_number\n"),
        "合同 sample，第 26 行 feed.preamble 第 1 项 column：没有列“document_number”；改法：是不是 document_no？",
    ),
    "a line above the header of which nothing is taken": (
        ("      pattern: (\\w+〔\\d{4}〕\\d+号)\n",
         "      pattern: \\w+〔\\d{4}〕\\d+号\n"),
        "合同 sample，第 27 行 feed.preamble 第 1 项 pattern：没有括号，不知取哪一段；改法：把要取的文字放进 (…)",
    ),
    "an edition from no period": (
        ("      from: '2026'\n",
         "      from: 明年\n"),
        "合同 sample，第 30 行 feed.editions 第 1 项 from：“明年”不是期间；改法：写如 2026、2026Q1、202601",
    ),
    "an edition of an unknown column": (
        ("        revenue: [",
         "        revenues: ["),
        "合同 sample，第 29 行 feed.editions 第 1 项：没有列“revenues”；改法：是不是 revenue？",
    ),
    "a column that the platform has itself": (
        ("  - name: kind\n",
         "  - name: reporter\n"),
        "合同 sample，第 61 行 列 reporter 的 name：“reporter”是平台自己的列；改法：换一个名称",
    ),
    "a column without a Chinese name": (
        ("    businessName: 类别\n",
         "    businessName: kind\n"),
        "合同 sample，第 62 行 列 kind 的 businessName：没有中文名；改法：写表头上的中文列名",
    ),
    "a header that must be there, in other words": (
        ("      value: required\n",
         "      value: 'yes'\n"),
        "合同 sample，第 75 行 列 revenue 的 customProperties.header：header 没有“yes”这个值"
        "；改法：写 required（表头必须有、单元格可以空），或去掉",
    ),
    "paths that belong to another feed": (
        ("pattern: sample/(?P<reporter>\\d{6})/(?P<form>901)_(?P<period>\\d{6})\\.csv",
         "pattern: stat/(?P<reporter>\\d{6})/(?P<form>\\d+)/\\d+_(?P<period>.*)\\.csv"),
        "合同 sample，第 14 行 feed.pattern：路径与《财务状况（103/203表）》（stat_finance）重合，"
        "如“stat/000000/103/103_000000_0000.csv”，这样的文件两边都会拒收"
        "；改法：把 pattern 写窄，让一个路径只属一个数据源",
    ),
    "a form of a group with another key": (
        ("    unit: 千元\n",
         "    unit: 千元\n    group: statement\n",
         "primaryKeyPosition: 1",
         "primaryKeyPosition: 3",
         "primaryKeyPosition: 2",
         "primaryKeyPosition: 1",
         "primaryKeyPosition: 3",
         "primaryKeyPosition: 2"),
        "合同 sample，第 22 行 feed.group：与同组的 stat_catering 主键不同：period、uscc 与 uscc、period"
        "；改法：改成同样的主键，或换一个组名",
    ),
    "two tables": (
        ("schema:\n- name: sample\n",
         "schema:\n- name: other\n  properties:\n  - name: x\n- name: sample\n"),
        "合同 sample，第 33 行 schema：应有一张表，实有 2 张，其余不会被读到；改法：一份合同一张表",
    ),
    "a replacing feed whose scope has no reporter": (
        ("    scope:\n    - reporter\n",
         "    scope:\n"),
        "合同 sample，第 16 行 feed.scope：整份替换（replace）而范围不含路径里的 reporter：一家的文件会撤下别家的"
        "；改法：在 scope 里加上 reporter",
    ),
    "another id than the file's": (
        ("id: sample\n",
         "id: simple\n"),
        "合同 simple，第 3 行 id：编号与文件名 sample.yaml 不同；改法：文件名应为 simple.yaml",
    ),
    "no version": (
        ("version: 1.0.0\n",
         ""),
        "合同 sample，version：没有版本号，或不是三段数字；改法：写如 1.0.0；每次修改都要加大",
    ),
    "no feed": (
        ("- property: feed\n",
         "- property: feeds\n"),
        "合同 sample，第 8 行 customProperties 第 1 项 property：没有附加属性“feeds”；改法：是不是 feed？",
    ),
    "no YAML": (
        ("    mode: replace\n",
         "   mode: replace\n"),
        "合同 sample.yaml，第 19 行：不是合格的 YAML；改法：检查该行及上一行的缩进、冒号后的空格、引号是否成对",
    ),
    "a unit of a column of money, which nobody asks": (
        ("    - property: header\n      value: required\n",
         "    - property: header\n      value: required\n    - property: unit\n      value: 万元\n"),
        "合同 sample，第 75 行 列 revenue 的 customProperties.unit：金额列写了单位“万元”，不会执行："
        "单位看文件，文件没写时看 feed.unit"
        "；改法：去掉；缺省单位写在 feed.unit",
    ),
    "a table of another name": (
        ("- name: sample\n  physicalName",
         "- name: simple\n  physicalName"),
        "合同 sample，第 34 行 schema 第 1 项 name：表名“simple”与编号不同；改法：写 name: sample",
    ),
    "another place of storage": (
        ("silver/sample",
         "silver/simple"),
        "合同 sample，第 35 行 schema 第 1 项 physicalName：存放位置“silver/simple”与编号不同"
        "；改法：写 physicalName: silver/sample",
    ),
    "a form of a group without the columns that indicators read": (
        ("    unit: 千元\n",
         "    unit: 千元\n    group: statement\n"),
        "合同 sample，第 38 行 schema 第 1 项 properties：指标字典或企业事实要用的列合同里没有："
        "revenue_prior、staff_avg、staff_end、total_assets、total_liabilities、total_profit、total_profit_prior"
        "；改法：补上这些列，或改 schemas/indicators.yaml、facts.yaml 的 reads",
    ),
    "a feed of a group with several rows of a firm": (
        ("    unit: 千元\n",
         "    unit: 千元\n    group: statement\n",
         "  - name: kind\n    businessName: 类别\n    logicalType: string\n    physicalType: STRING\n",
         "  - name: kind\n    businessName: 类别\n    logicalType: string\n    physicalType: STRING\n"
         "    required: true\n    primaryKey: true\n    primaryKeyPosition: 3\n"),
        "合同 sample，第 22 行 feed.group：与同组的 stat_catering 主键不同：uscc、period、kind 与 uscc、period"
        "；改法：改成同样的主键，或换一个组名",
    ),
}  # fmt: skip
"""Slip -> what it changes in the sound contract, and the first that is said of it."""


def write(folder: Path, slip: Slip | None) -> Path:
    """Write the contract with a slip."""
    text = SOUND
    if slip is not None:
        for old, new in zip(slip[::2], slip[1::2], strict=True):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
    path = folder / "sample.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def said(folder: Path, slip: Slip | None) -> tuple[int, list[str]]:
    """Return the exit code of the command and the faults that it prints."""
    done = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["contract", "check", str(write(folder, slip))])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout.splitlines()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for title, (slip, _) in BROKEN.items():
            code, lines = said(Path(made), slip)
            sys.stdout.write("\n".join([f"# {title} ({code})", *lines, ""]))
